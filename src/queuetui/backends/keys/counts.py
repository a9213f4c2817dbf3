"""Counts jobs by the sizes of shelves, shared out as a part is where only jobs tell state or queue."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime

from queuetui.backends.keys.entry_reader import BITE_ENTRIES, KeysReading
from queuetui.backends.keys.late_jobs import MOST_LATE, find_late
from queuetui.backends.keys.product import BriefProduct
from queuetui.backends.keys.shelf import Shelf
from queuetui.backends.keys.walk import Walk
from queuetui.backends.reading.figures import JobFigures
from queuetui.model.job import Job
from queuetui.model.measured import Exactness, Measured, absent, add_counts
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.stuck import due_since

# So many members of one shelf, and of all, are read for their states and queues at one look.
SHARED_ENTRIES = 1_000
_SHARED_IN_ALL = 5_000
MOST_RUNS = 1_000
_Key = tuple[str, State]


@dataclass
class _Tally:
    """How many jobs there are of each queue and state, and how many are stuck.

    `stuck_among` says among which these were looked for, where that was not all.
    """

    reading: KeysReading
    sizes: Counter[_Key] = field(default_factory=Counter)
    estimated: set[_Key] = field(default_factory=set)
    stuck: Counter[str] = field(default_factory=Counter)
    stuck_among: str = ""
    oldest_due: dict[str, datetime] = field(default_factory=dict)

    def of(self, state: State, queue: str | None = None) -> Measured[int]:
        """Return the count of one state, of one queue or of all."""
        now, capabilities = self.reading.now, self.reading.product.capabilities
        if state not in capabilities.keeps:
            return absent(capabilities.why_missing(state))
        known = self.sizes.keys() | self.estimated if queue is None else ((queue, state),)
        keys = [key for key in known if key[1] is state]
        count = sum(self.sizes[key] for key in keys)
        if self.estimated.isdisjoint(keys):
            return Measured(count, as_of=now)
        return Measured(
            count, Exactness.ESTIMATED, now, f"shared out as the first {SHARED_ENTRIES:,} jobs of each key are"
        )

    def stuck_in(self, queue: str | None = None) -> Measured[int]:
        """Return how many jobs are stuck, of one queue or of all."""
        count = self.stuck.total() if queue is None else self.stuck[queue]
        exactness = Exactness.CAPPED if self.stuck_among else Exactness.EXACT
        return Measured(count, exactness, self.reading.now, self.stuck_among)


def count_jobs(reading: KeysReading) -> JobFigures:
    """Return the counts at one look."""
    counts = _Tally(reading)
    left = _SHARED_IN_ALL
    for shelf, size in zip(reading.shelves, reading.sizes(reading.shelves), strict=True):
        if not size:
            continue
        if State.PROCESSING in shelf.states:
            _count_runs(reading, shelf, size, counts)
        elif shelf.queue is not None and len(shelf.states) == 1:
            counts.sizes[shelf.queue, shelf.states[0]] += size
        else:
            left -= _share_out(reading, shelf, size, left, counts)
    late, is_whole = find_late(reading, reading.shelves, brief=True)
    counts.stuck.update(seen.job.queue.raw for seen in late)
    if not is_whole and not counts.stuck_among:
        counts.stuck_among = f"of the first {MOST_LATE:,} waiting jobs that are due too long"
    _read_oldest(reading, counts)
    by_state = {state: counts.of(state) for state in State}
    return JobFigures(by_state, counts.stuck_in(), add_counts([*by_state.values()]), _tell_queues(reading, counts))


def _count_runs(reading: KeysReading, shelf: Shelf, size: int, counts: _Tally) -> None:
    jobs, looked = _read(reading, shelf, MOST_RUNS)
    if size > MOST_RUNS:
        counts.stuck_among = f"of the first {MOST_RUNS:,} runs"
    for job in jobs:
        counts.stuck[job.queue.raw] += reading.is_stuck(job)
    if shelf.queue is not None and len(shelf.states) == 1:
        counts.sizes[shelf.queue, State.PROCESSING] += size
    else:
        _add_shares(Counter((job.queue.raw, job.state) for job in jobs), looked, shelf, size, counts, reading)


def _share_out(reading: KeysReading, shelf: Shelf, size: int, left: int, counts: _Tally) -> int:
    """Read the states and queues of a shelf's first jobs, and return how many were read."""
    told, looked = _read_shares(reading, shelf, min(SHARED_ENTRIES, left)) if left > 0 else (Counter[_Key](), 0)
    _add_shares(told, looked, shelf, size, counts, reading)
    return looked


def _read_shares(reading: KeysReading, shelf: Shelf, most: int) -> tuple[Counter[_Key], int]:
    """Return the jobs of each queue and state among a shelf's first entries, and their number."""
    product = reading.product
    if shelf.queue is None or not isinstance(product, BriefProduct):
        jobs, looked = _read(reading, shelf, most)
        return Counter((job.queue.raw, job.state) for job in jobs), looked
    entries = reading.slice(shelf, 0, most)
    answers = reading.ask([product.tells(one) for one in entries])
    return Counter((shelf.queue, product.state_of(shelf, one)) for one in answers), len(entries)


def _add_shares(
    told: Counter[_Key], looked: int, shelf: Shelf, size: int, counts: _Tally, reading: KeysReading
) -> None:
    """Share a shelf's size out as the entries that were looked at are, some of which may stand for no job."""
    if not looked:
        told[shelf.queue or "", shelf.states[0]] = looked = 1
    for key, share in told.items():
        counts.sizes[key] += share if looked >= size else round(share * size / looked)
    if looked < size or shelf.is_partly_listed:
        # Where those that were looked at tell of no job, there may still be jobs of any queue among the others.
        queues = {queue for queue, _ in told} or (
            {shelf.queue} if shelf.queue is not None else {*reading.queue_names, ""}
        )
        counts.estimated |= told.keys() | {(queue, state) for queue in queues for state in shelf.states}


def _read(reading: KeysReading, shelf: Shelf, most: int) -> tuple[list[Job], int]:
    """Return the jobs of a shelf's first entries, and how many entries these are."""
    found: list[Job] = []
    looked = 0
    for bite in Walk(reading, [shelf], [1]).bites(None, min(BITE_ENTRIES, most)):
        entries = bite[: most - looked]
        found += [seen.job for seen in reading.load(entries, brief=True)]
        looked += len(entries)
        if looked >= most:
            break
    return found, looked


def _read_oldest(reading: KeysReading, counts: _Tally) -> None:
    """Note when the first waiting job of each queue was due."""
    waiting = [shelf for shelf in reading.shelves if State.PENDING in shelf.states and not shelf.is_read_whole]
    entries = [entry for first in reading.slices(waiting, 0, 1) for entry in first]
    for seen in reading.load(entries, brief=True):
        due_at = due_since(seen.job)
        if due_at is not None and due_at <= reading.now:
            counts.oldest_due.setdefault(seen.job.queue.raw, due_at)


def _tell_queues(reading: KeysReading, counts: _Tally) -> tuple[QueueInfo, ...]:
    """Return every queue that is registered, or named by a job, by name."""
    survey = reading.survey
    named = reading.queue_names | {queue for queue, _ in counts.sizes}
    unheard, is_told = reading.unheard(named), reading.product.capabilities.workers
    listening: dict[str, int] = defaultdict(int)
    for worker in survey.workers:
        for queue in worker.queues:
            listening[queue.raw] += 1
    return tuple(
        replace(
            survey.describe(name),
            counts={state: counts.of(state, name) for state in State},
            stuck=counts.stuck_in(name),
            oldest_due_at=counts.oldest_due.get(name),
            consumers=None if not is_told else 0 if name in unheard else listening[name],
        )
        for name in sorted(filter(None, named))
    )
