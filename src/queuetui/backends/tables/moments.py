"""One read of a product's tables: its transaction, and the moment that rows are judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sqlalchemy import Connection

from queuetui.backends.base import BackendOptions
from queuetui.backends.sql.clock import read_clock
from queuetui.backends.sql.optional_reads import read_if_possible
from queuetui.backends.tables.product import Product, Sides
from queuetui.backends.tables.sizes import Sizes
from queuetui.backends.tables.source import Moment, Source
from queuetui.model.limits import Limits, is_live
from queuetui.model.payload import SummaryPaths
from queuetui.model.snapshot import QueueInfo
from queuetui.model.worker import WorkerInfo

Workers = tuple[WorkerInfo, ...]
Queues = tuple[QueueInfo, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """What every part of a read needs: the transaction, the product, the moment that rows are judged by."""

    connection: Connection
    product: Product
    moment: Moment
    # The name of the backend, which references to jobs carry.
    backend: str
    summaries: SummaryPaths = field(default_factory=dict)
    # As they were read with the moment, None where they are not kept or could not be read.
    known_workers: Workers | None = None
    known_pauses: Queues | None = None
    sizes: Sizes = field(default_factory=Sizes)
    # Whether nobody looks into payloads and errors.
    brief: bool = False

    @property
    def dialect(self) -> str:
        """The database's language."""
        return self.connection.dialect.name

    def is_large(self, source: Source, *, is_asked: bool = False) -> bool:
        """Tell whether rows are too many to be sorted; `is_asked`: a person asked for the order."""
        return self.sizes.is_large(source, self.connection, is_asked=is_asked)

    def workers(self) -> Workers:
        """Return the workers, none where none are kept; raises what reading them raises."""
        return self._known(self.known_workers, self.product.sides.workers)

    def pauses(self) -> Queues:
        """Return the paused queues, none where none are kept; raises what reading them raises."""
        return self._known(self.known_pauses, self.product.sides.pauses)

    def _known(
        self, known: tuple[T, ...] | None, read: Callable[[Connection, Moment], tuple[T, ...]] | None
    ) -> tuple[T, ...]:
        if known is not None or read is None:
            return known or ()
        return read(self.connection, self.moment)


def begin_reading(connection: Connection, product: Product, options: BackendOptions, limits: Limits) -> Reading:
    """Return a read with its moment; where workers and pauses cannot be read, none are assumed."""
    moment = Moment(read_clock(connection, options.now), limits)
    workers, queues = _read_sides(connection, moment, product.sides)
    live = [worker for worker in workers or () if is_live(worker, moment.now, limits)]
    if workers is not None and all(worker.queues for worker in live):
        moment = replace(moment, served_queues=frozenset(name.raw for worker in live for name in worker.queues))
    moment = replace(moment, paused_queues=frozenset(queue.name.raw for queue in queues or () if queue.is_paused))
    return Reading(connection, product, moment, options.name, options.summaries, workers, queues)


def _read_sides(connection: Connection, moment: Moment, sides: Sides) -> tuple[Workers | None, Queues | None]:
    """Return workers and pauses, None where they are not kept or cannot be read.

    They are read together, and each by itself where that fails.
    """
    if sides.workers is None and sides.pauses is None:
        return None, None

    def read_workers() -> Workers | None:
        return sides.workers and sides.workers(connection, moment)

    def read_pauses() -> Queues | None:
        return sides.pauses and sides.pauses(connection, moment)

    both = read_if_possible(connection, lambda: (read_workers(), read_pauses()))
    return both or (read_if_possible(connection, read_workers), read_if_possible(connection, read_pauses))
