"""The table of targets: one cell a line, ours against one peer or against a figure."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.peers import contenders as who
from benchmarks.peers.contenders import Contender, ours
from benchmarks.peers.measures import Measure
from benchmarks.peers.stores import Store

LEFT_WITH_EVENTS = 0.75
LEFT_IN_PROCESSES = 0.5


@dataclass(frozen=True)
class Cell:
    """One comparison of a figure.

    `target` is a ratio of ours to the peer's, or without a peer the figure itself; None is measured without a target.
    """

    what: str
    how: Measure
    figure: str
    unit: str
    ours: Contender
    peer: Contender | None
    target: float | None
    less_is_better: bool = False

    @property
    def title(self) -> str:
        """What is compared, on which store."""
        return f"{self.what}, {self.ours.store}"


def all_cells() -> list[Cell]:
    """Return the table, grouped so that what is compared is run one after the other."""
    return [*_postgresql(), *_redis(), *_sqlite(), *_idle()]


def _postgresql() -> list[Cell]:
    tuned, plain = ours(Store.POSTGRESQL, tuned=True), ours(Store.POSTGRESQL, tuned=False)
    return [
        _drain("drain, tuned", tuned, who.PGQUEUER_TUNED, 2.0),
        _drain("drain, tuned", tuned, who.GRAPHILE_TUNED, 1.1),
        _drain("drain, tuned", tuned, who.PROCRASTINATE_TUNED, 50),
        _drain("drain, out of the box", plain, who.PGQUEUER_TUNED, 1.0),
        _enqueue(Measure.ENQUEUE_ONE, tuned, who.PGQUEUER_TUNED, 1.2),
        _enqueue(Measure.ENQUEUE_BULK, tuned, who.PGQUEUER_TUNED, 1.4),
        _pick_up(plain, who.PGQUEUER_TUNED, 0.7),
        *_left(Store.POSTGRESQL),
    ]


def _redis() -> list[Cell]:
    tuned, plain = ours(Store.REDIS, tuned=True), ours(Store.REDIS, tuned=False)
    synced = ours(Store.REDIS_ALWAYS, tuned=True)
    return [
        _drain("drain, tuned", tuned, who.DRAMATIQ_TUNED, 5),
        _drain("drain, tuned", tuned, who.BULLMQ_100, 1.4),
        _drain("drain, tuned", tuned, who.CELERY_SOLO, 17),
        _drain("drain, tuned", tuned, who.RQ_SIMPLE, 75),
        _drain("drain, out of the box", plain, who.DRAMATIQ_TUNED, 3),
        _enqueue(Measure.ENQUEUE_ONE, tuned, who.DRAMATIQ_TUNED, 1.2),
        _enqueue(Measure.ENQUEUE_BULK, tuned, who.BULLMQ_100, 2.6),
        _pick_up(plain, who.HUEY_REDIS, 0.8),
        _drain("drain, tuned", synced, tuned, None),
        _enqueue(Measure.ENQUEUE_ONE, synced, tuned, None),
        *_left(Store.REDIS),
    ]


def _sqlite() -> list[Cell]:
    tuned, plain = ours(Store.SQLITE, tuned=True), ours(Store.SQLITE, tuned=False)
    return [
        _drain("drain, tuned", tuned, who.HUEY_SQLITE, 12),
        _drain("drain, out of the box", plain, who.HUEY_SQLITE, 8),
        _enqueue(Measure.ENQUEUE_ONE, tuned, who.HUEY_SQLITE, 0.95),
        _enqueue(Measure.ENQUEUE_BULK, tuned, who.HUEY_SQLITE, 20),
        _pick_up(plain, who.HUEY_SQLITE, 0.12),
        *_left(Store.SQLITE),
    ]


def _idle() -> list[Cell]:
    found = []
    for store, most_mb in ((Store.POSTGRESQL, 42.0), (Store.REDIS, 36.0), (Store.SQLITE, 36.0)):
        worker = ours(store, tuned=False)
        found.append(Cell("idle worker, memory", Measure.IDLE, "rss_mb", "MB", worker, None, most_mb, True))
        found.append(Cell("idle worker, processor", Measure.IDLE, "cpu_percent", "%", worker, None, 0.5, True))
    return found


def _left(store: Store) -> list[Cell]:
    """What events and processes leave of our own figures."""
    tuned, logging = ours(store, tuned=True), ours(store, tuned=True, events=True)
    return [
        _drain("drain, with events", logging, tuned, LEFT_WITH_EVENTS),
        _drain("drain, in processes", ours(store, tuned=True, processes=True), tuned, LEFT_IN_PROCESSES),
        _enqueue(Measure.ENQUEUE_ONE, logging, tuned, LEFT_WITH_EVENTS, ", with events"),
        _enqueue(Measure.ENQUEUE_BULK, logging, tuned, LEFT_WITH_EVENTS, ", with events"),
    ]


def _drain(what: str, own: Contender, peer: Contender, target: float | None) -> Cell:
    return Cell(what, Measure.DRAIN, "jobs_per_s", "jobs/s", own, peer, target)


def _enqueue(how: Measure, own: Contender, peer: Contender, target: float | None, manner: str = "") -> Cell:
    what = "enqueue one" if how is Measure.ENQUEUE_ONE else "enqueue bulk"
    return Cell(what + manner, how, "jobs_per_s", "jobs/s", own, peer, target)


def _pick_up(own: Contender, peer: Contender, target: float) -> Cell:
    return Cell("pick-up, median", Measure.PICK_UP, "median_ms", "ms", own, peer, target, less_is_better=True)
