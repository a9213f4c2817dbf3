"""A short read-only transaction of a console, with the store's clock and without sequential scans."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, text

from queuetui.backends.native.sql.blocks import MYSQL_NOW
from queuetui.backends.native.sql.database import Database
from queuetui.model.clock import from_us

# The settings end with the transaction, so a pooled connection is returned unchanged.
_SETTLE = text(
    "select clock_timestamp(), set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), "
    "set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)"
)


@contextmanager
def open_reading(database: Database, doing: str) -> Iterator[tuple[Connection, datetime]]:
    """Open a read-only transaction; yield it with the time by which its jobs are judged."""
    with database.reading(doing) as connection:
        now = read_clock(connection)
        yield connection, database.options.now or now


def read_clock(connection: Connection) -> datetime:
    """Return the store's time, and disable sequential scans for this transaction."""
    if connection.dialect.name == "sqlite":
        return from_us(time.time_ns() // 1000)
    if connection.dialect.name == "mysql":
        return from_us(connection.exec_driver_sql(f"select {MYSQL_NOW}").scalar_one())
    clock: datetime = connection.execute(_SETTLE).one()[0]
    return clock
