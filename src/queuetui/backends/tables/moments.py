"""One read of a product's tables: its transaction, and the moment that rows are judged by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from queuetui.backends.sql.clock import read_clock
from queuetui.backends.tables.product import Product, Sides
from queuetui.backends.tables.source import Moment
from queuetui.model.limits import Limits, is_live
from queuetui.model.payload import SummaryPaths
from queuetui.model.snapshot import QueueInfo
from queuetui.model.worker import WorkerInfo

Workers = tuple[WorkerInfo, ...]
Queues = tuple[QueueInfo, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """What every part of a read needs; `brief`: nobody looks into payloads and errors."""

    connection: Connection
    product: Product
    moment: Moment
    backend: str
    summaries: SummaryPaths = field(default_factory=dict)
    brief: bool = False

    @property
    def dialect(self) -> str:
        """The database's language."""
        return self.connection.dialect.name


def read_moment(connection: Connection, product: Product, now: datetime | None, limits: Limits) -> Moment:
    """Return the moment of a look; workers and pauses that cannot be read are not held against a job."""
    moment = Moment(read_clock(connection, now), limits)
    workers, queues = _read_sides(connection, moment, product.sides)
    live = [worker for worker in workers or () if is_live(worker, moment.now, limits)]
    if workers is not None and all(worker.queues for worker in live):
        moment = replace(moment, heard=frozenset(name.raw for worker in live for name in worker.queues))
    return replace(moment, paused=frozenset(queue.name.raw for queue in queues or () if queue.is_paused))


def _read_sides(connection: Connection, moment: Moment, sides: Sides) -> tuple[Workers | None, Queues | None]:
    """Return workers and pauses, None where they are not kept or cannot be read.

    They are read together, and each by itself where that fails.
    """
    if sides.workers is None and sides.pauses is None:
        return None, None
    try:
        with _kept_whole(connection):
            return sides.workers and sides.workers(connection, moment), sides.pauses and sides.pauses(
                connection, moment
            )
    except DBAPIError:
        return _try(connection, moment, sides.workers), _try(connection, moment, sides.pauses)


def _try(connection: Connection, moment: Moment, read: Callable[[Connection, Moment], T] | None) -> T | None:
    try:
        with _kept_whole(connection):
            return read and read(connection, moment)
    except DBAPIError:
        return None


def _kept_whole(connection: Connection) -> AbstractContextManager[object]:
    """Let a transaction go on after a statement that fails, which ends it on PostgreSQL alone."""
    return connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()
