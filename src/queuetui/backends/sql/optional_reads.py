"""Reads that may fail within a transaction that goes on."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

T = TypeVar("T")


def read_if_possible(connection: Connection, read: Callable[[], T]) -> T | None:
    """Return what was read, None where a statement failed; raises where the connection is lost.

    PostgreSQL needs a savepoint to go on after a statement that failed.
    """
    try:
        with connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext():
            return read()
    except SQLAlchemyError:
        if connection.invalidated:
            raise
        return None
