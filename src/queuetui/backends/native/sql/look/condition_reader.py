"""Reads a database's condition part by part, so that a part that fails does not fail the others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection

from queuetui.backends.examiner import PartReader
from queuetui.backends.native.sql.look.console_read import open_reading

if TYPE_CHECKING:
    from queuetui.backends.native.sql.database import Database
    from queuetui.backends.native.sql.session import Session
    from queuetui.model.examination import Check

T = TypeVar("T")


class ConditionReader(PartReader):
    """Reads each part in one short read-only transaction."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database

    def read(self, check: Check, part: Callable[[Connection, datetime], T]) -> T | None:
        """Read a part on a console's connection, None where it cannot be read; raises Unreachable."""

        def look() -> T:
            with open_reading(self.database, f"reading the store's {check.value}") as (connection, now):
                return part(connection, now)

        return self.attempt(check, look)

    def ask(self, check: Check, part: Callable[[Session], T]) -> T | None:
        """Read a part by named blocks, None where it cannot be read; raises Unreachable."""
        return self.read(check, lambda connection, _: part(self.database.join(connection)))
