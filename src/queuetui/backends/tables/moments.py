"""One read of a product's tables: its transaction, and the moment that rows are judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from queuetui.backends.sql.clock import read_clock
from queuetui.backends.tables.product import Product
from queuetui.backends.tables.source import Moment
from queuetui.model.limits import Limits, is_live
from queuetui.model.payload import SummaryPaths

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
    sides = product.sides
    if sides.workers is not None and (workers := _try(connection, moment, sides.workers)) is not None:
        live = [worker for worker in workers if is_live(worker, moment.now, limits)]
        if all(worker.queues for worker in live):
            moment = replace(moment, heard=frozenset(name.raw for worker in live for name in worker.queues))
    if sides.pauses is not None and (queues := _try(connection, moment, sides.pauses)) is not None:
        moment = replace(moment, paused=frozenset(queue.name.raw for queue in queues if queue.is_paused))
    return moment


def _try(connection: Connection, moment: Moment, read: Callable[[Connection, Moment], T]) -> T | None:
    try:
        with connection.begin_nested():
            return read(connection, moment)
    except DBAPIError:
        return None
