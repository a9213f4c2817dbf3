"""A worker as a row of the table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from queuetui.model.filter_text import quote_value
from queuetui.model.limits import Limits, is_live, is_silent
from queuetui.model.query import Sort
from queuetui.model.snapshot import Snapshot
from queuetui.model.text import ELLIPSIS, SafeText, Untrusted, sanitize
from queuetui.model.worker import WorkerInfo
from queuetui.tui.present.ages import ABSENT, age_text
from queuetui.tui.present.cells import Align
from queuetui.tui.present.identity import short_id
from queuetui.tui.present.row_order import Value, in_order
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

_MEGABYTE = 1_000_000
_HOST_CELLS = 20

WORKER_COLUMNS = (
    Column("worker", "worker", 16, 40, flex=1, priority=0),
    Column("state", "state", 10, priority=0),
    Column("beat", "last beat", 9, align=Align.RIGHT, priority=0),
    Column("busy", "busy", 7, align=Align.RIGHT, priority=0),
    Column("queues", "queues", 16, 60, flex=3, priority=1, rest=True),
    Column("up", "up", 6, align=Align.RIGHT, priority=4),
    Column("memory", "memory", 8, align=Align.RIGHT, priority=5),
    Column("version", "version", 8, 14, flex=1, priority=6),
    Column("id", "id", 8, priority=7),
)
WORKER_ORDER = (Sort("state", descending=False), Sort("busy", descending=True))
_STATE_WORDS = (
    ("silent", Tone.STUCK),
    ("lease over", Tone.STUCK),
    ("stopping", Tone.WARNING),
    ("live", Tone.GOOD),
    ("ended", Tone.MUTED),
)


def worker_rows(snapshot: Snapshot, limits: Limits, order: Sort | None = None) -> list[Row]:
    """Return a row for each worker, those that fell silent first, then the busiest."""
    own = sorted(
        snapshot.workers,
        key=lambda worker: (_rank(worker, snapshot.now, limits), -(worker.busy or 0), worker.host, worker.pid or 0),
    )
    workers = in_order(own, order, lambda key, worker: _value(key, worker, snapshot.now, limits))
    return [
        Row(worker.id.raw, tuple(_cell(column.key, worker, snapshot.now, limits) for column in WORKER_COLUMNS))
        for worker in workers
    ]


def _value(key: str, worker: WorkerInfo, now: datetime, limits: Limits) -> Value | None:  # noqa: PLR0911 - one return a column reads best
    """Return the value by which a column orders workers."""
    match key:
        case "worker":
            return f"{worker.host.raw}/{worker.pid or 0:020}"
        case "state":
            return _rank(worker, now, limits)
        case "beat":
            return (now - worker.beat_at).total_seconds()
        case "busy":
            return worker.busy
        case "queues":
            return _names(worker.queues)
        case "up":
            return worker.up_s(now)
        case "memory":
            return worker.rss_bytes
        case "version":
            return worker.version.raw
        case _:
            return worker.id.raw


def _rank(worker: WorkerInfo, now: datetime, limits: Limits) -> int:
    """Return the rank of a worker's state: those that need attention first."""
    if worker.has_ended:
        return len(_STATE_WORDS) - 1
    if is_silent(worker, now, limits):
        return 0
    return 1 if worker.orphaned_at(now) else 2 if worker.stopping else 3


def worker_term(worker_id: str) -> str:
    """Return the filter of one worker's jobs."""
    return f"worker:{quote_value(worker_id)}"


def worker_filter(worker_id: Untrusted) -> str:
    """Return the filter of a worker's jobs, by its name in the store."""
    return worker_term(worker_id.raw)


def worker_name(worker_id: Untrusted, workers: Iterable[WorkerInfo]) -> SafeText:
    """Return a worker as host and process id where it is registered, else the end of its id."""
    known = next((worker for worker in workers if worker.id == worker_id), None)
    return sanitize(short_id(worker_id.raw)) if known is None else _name(known)


def worker_text(worker_id: Untrusted, workers: Iterable[WorkerInfo]) -> SafeText:
    """Return a worker as host, process id and the end of its id, else the whole id."""
    known = next((worker for worker in workers if worker.id == worker_id), None)
    if known is None or not known.host.raw:
        return sanitize(worker_id)
    process = "" if known.pid is None else f" pid {known.pid}"
    return sanitize(f"{sanitize(known.host)}{process}  ({sanitize(short_id(worker_id.raw))})")


def live_workers_text(snapshot: Snapshot, limits: Limits) -> str:
    """Return `3 live of 4, 5 of 12 slots busy`, and the number of held jobs that do not run."""
    live = [worker for worker in snapshot.workers if is_live(worker, snapshot.now, limits)]
    busy, slots = sum(worker.busy_slots for worker in live), sum(worker.slots or 0 for worker in live)
    beside = sum((worker.busy or 0) - worker.busy_slots for worker in live if worker.slots)
    told = f", {busy} of {slots} slots busy" if slots or not live else ""
    told += f", {beside:,} jobs held beside them" if slots and beside else ""
    return f"{len(live):,} live of {len(snapshot.workers):,}{told}"


def _cell(key: str, worker: WorkerInfo, now: datetime, limits: Limits) -> Cell:  # noqa: PLR0911 - one return a column reads best
    match key:
        case "id":
            return Cell(sanitize(short_id(worker.id.raw)), Tone.MUTED)
        case "worker":
            return Cell(_name(worker), Tone.STRONG)
        case "state":
            return _state_cell(worker, now, limits)
        case "beat":
            said = age_text((now - worker.beat_at).total_seconds()) if worker.has_beaten else sanitize("never")
            return Cell(said, Tone.STUCK if is_silent(worker, now, limits) else None)
        case "busy":
            return Cell(ABSENT if worker.busy is None else _busy_text(worker.busy, worker))
        case "queues":
            return Cell(_names(worker.queues) if worker.queues else sanitize("(all)"))
        case "up":
            return Cell(age_text(worker.up_s(now)))
        case "memory":
            return Cell(ABSENT if worker.rss_bytes is None else sanitize(f"{worker.rss_bytes / _MEGABYTE:.0f} MB"))
        case _:
            return Cell(sanitize(worker.version))


def _busy_text(busy: int, worker: WorkerInfo) -> SafeText:
    """Return `3/4`, or `3` where the store tells no slots; `4/4 +2` with two held jobs that do not run."""
    if worker.slots is None:
        return sanitize(f"{busy}")
    beside = busy - worker.busy_slots
    return sanitize(f"{worker.busy_slots}/{worker.slots}{f' +{beside}' if beside else ''}")


def _name(worker: WorkerInfo) -> SafeText:
    """Return host and process id; where the store does not tell them, the end of the worker's id."""
    if not worker.host.raw:
        return sanitize(short_id(worker.id.raw))
    which = sanitize(short_id(worker.id.raw)) if worker.pid is None else worker.pid
    host = sanitize(worker.host, 60)
    # The domain, which all hosts share, is left out to make room for the process id.
    label, dot, _ = host.partition(".")
    return sanitize(f"{f'{label}{ELLIPSIS}' if dot and len(host) > _HOST_CELLS else host}/{which}")


def _state_cell(worker: WorkerInfo, now: datetime, limits: Limits) -> Cell:
    """Return our word for a worker that needs attention, else the store's own word if it has one."""
    word, tone = _STATE_WORDS[_rank(worker, now, limits)]
    own = worker.status is not None and tone in (Tone.GOOD, Tone.MUTED)
    return Cell(sanitize(worker.status, 20) if own and worker.status is not None else sanitize(word), tone)


def _names(names: tuple[Untrusted, ...]) -> SafeText:
    return sanitize(", ".join(sanitize(name, 60) for name in names))
