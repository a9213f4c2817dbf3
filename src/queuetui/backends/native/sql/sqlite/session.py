"""A transaction on an SQLite connection."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from queuetui.backends.native.sql.session import Execute, Session
from queuetui.model.clock import from_us, to_us

if TYPE_CHECKING:
    import sqlite3

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SqliteSession(Session):
    """Times are the host's, read once the transaction has its lock; leases use the clock since boot."""

    dialect = "sqlite"

    def __init__(self, execute: Execute) -> None:
        super().__init__(execute)
        self.now_us = time.time_ns() // 1000
        # The workers' sockets as JSON, once jobs were stored.
        self.sockets: str | None = None
        self._clocks: Mapping[str, object] | None = None

    def bound(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Add the times of both clocks."""
        if self._clocks is None:
            self._clocks = {"now": self.now_us, "boot": boot_id(), "boot_now": boot_us()}
        return {**values, **self._clocks}

    def load(self, block: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a block once for each row of values, which stand in the order of its question marks."""
        for row in rows:
            self.execute(self.blocks[block], row)

    def id_in(self, found: UUID) -> bytes:
        """Return 16 bytes."""
        return found.bytes

    def id_out(self, value: Any) -> str:  # noqa: ANN401 - whatever the driver returns
        """Return the canonical text of 16 bytes."""
        digits = value.hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def moment_in(self, at: datetime) -> int:
        """Return microseconds."""
        return to_us(at)

    def moment_out(self, value: Any) -> datetime:  # noqa: ANN401 - whatever the driver returns
        """Return the time of microseconds."""
        return from_us(value)


class OwnSqliteSession(SqliteSession):
    """A session on a connection of ours: many sets of values go through one statement within the driver."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection.execute)
        self._connection = connection

    def load(self, block: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a block once for each row of values, which stand in the order of its question marks."""
        if rows:
            self._connection.executemany(self.blocks[block], rows)

    def change_each(self, block: str, many: Sequence[Mapping[str, object]]) -> int:
        """Run a block once for each set of values and return how many rows all of them changed."""
        if not many:
            return 0
        return self._connection.executemany(self.blocks[block], map(self.bound, many)).rowcount


@cache
def boot_id() -> str:
    """Return the id of the host's current boot; empty where it has none: `boot_us` is wall time then."""
    return _BOOT_ID.read_text(encoding="ascii").strip() if _BOOT_ID.exists() else ""


def boot_us() -> int:
    """Return the microseconds since boot, including time asleep, unaffected by changes of the date."""
    if boot_id() and hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000
    return time.time_ns() // 1000
