"""Counts jobs by the sizes of shelves, shared out as a part is where only jobs tell state or queue."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from queuetui.backends.keys.entry_reader import KeysReading
from queuetui.backends.keys.late_jobs import MOST_LATE, find_late
from queuetui.backends.keys.look_cache import LookCache
from queuetui.backends.keys.seen import Seen
from queuetui.backends.keys.shelf import Entry, Shelf
from queuetui.backends.reading.figures import JobFigures
from queuetui.model.measured import Exactness, Measured, absent, add_counts
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.stuck import due_since

# So many members of one shelf, and of all, are read for their states and queues at one look.
SHARED_ENTRIES = 1_000
_SHARED_IN_ALL = 5_000
MOST_RUNS = 1_000
_Key = tuple[str, State]
T = TypeVar("T")


@dataclass
class _Tally:
    """How many jobs there are of each queue and state, and how many are stuck."""

    reading: KeysReading
    # When the stuck ones were looked for.
    as_of: datetime
    sizes: Counter[_Key] = field(default_factory=Counter)
    # How parts of a count were got that are not of now: counts of none.
    doubts: defaultdict[_Key, list[Measured[int]]] = field(default_factory=lambda: defaultdict(list))
    stuck: Counter[str] = field(default_factory=Counter)
    # Among which jobs the stuck were looked for, empty where among all.
    stuck_among: str = ""
    oldest_due: dict[str, datetime] = field(default_factory=dict)
    # When the oldest was read, of queues where that was not now.
    oldest_read: dict[str, datetime] = field(default_factory=dict)

    def of(self, state: State, queue: str | None = None) -> Measured[int]:
        """Return the count of one state, of one queue or of all."""
        now, capabilities = self.reading.now, self.reading.product.capabilities
        if state not in capabilities.keeps:
            return absent(capabilities.why_missing(state))
        known = self.sizes.keys() | self.doubts.keys() if queue is None else ((queue, state),)
        keys = [key for key in known if key[1] is state]
        doubts = [doubt for key in keys for doubt in self.doubts.get(key, ())]
        oldest_first = sorted(doubts, key=lambda doubt: doubt.as_of or now)
        return add_counts([Measured(sum(self.sizes[key] for key in keys), as_of=now), *oldest_first])

    def stuck_in(self, queue: str | None = None) -> Measured[int]:
        """Return how many jobs are stuck, of one queue or of all."""
        count = self.stuck.total() if queue is None else self.stuck[queue]
        whole = Exactness.EXACT if self.as_of == self.reading.now else Exactness.CACHED
        return Measured(count, Exactness.CAPPED if self.stuck_among else whole, self.as_of, self.stuck_among)


def count_jobs(reading: KeysReading, looks: LookCache, *, exact: bool = False) -> JobFigures:
    """Return the counts at one look; what is costly need not be of now unless all is to be `exact`."""
    return _Counting(reading, looks, exact, _Tally(reading, reading.now)).count()


@dataclass
class _Counting:
    """One look, by which what it counts is put into `counts`."""

    reading: KeysReading
    looks: LookCache
    # Nothing may be told by an earlier look.
    exact: bool
    counts: _Tally
    # How many members may still be read at each look, however costly that is.
    always: int = SHARED_ENTRIES
    # How many members may still be read in all.
    left: int = _SHARED_IN_ALL

    def count(self) -> JobFigures:
        """Return the counts."""
        reading, counts = self.reading, self.counts
        sized = zip(reading.shelves, reading.sizes(reading.shelves), strict=True)
        filled = {shelf: size for shelf, size in sized if size}
        for shelf, size in filled.items():
            runs = self._look_at_runs(shelf, size) if State.PROCESSING in shelf.states else None
            if shelf.queue is not None and len(shelf.states) == 1:
                counts.sizes[shelf.queue, shelf.states[0]] += size
            elif runs is not None:
                self._add_shares(*runs, shelf, size)
            else:
                self._share_out(shelf, size)
        self._take_out_repeated(filled)
        self._count_late()
        _read_oldest(reading, counts)
        by_state = {state: counts.of(state) for state in State}
        return JobFigures(by_state, counts.stuck_in(), add_counts([*by_state.values()]), _tell_queues(reading, counts))

    def _look(self, name: Hashable, look: Callable[[], T]) -> tuple[T, datetime]:
        """Return what a look tells, and when that was."""
        return self.looks.read(name, look, self.reading.limits, self.reading.now, exact=self.exact)

    def _count_late(self) -> None:
        def look() -> tuple[Counter[str], bool]:
            late, is_whole = find_late(self.reading, self.reading.shelves, brief=True)
            return Counter(seen.job.queue.raw for seen in late), is_whole

        (late, is_whole), as_of = self._look("late", look)
        if not is_whole and not self.counts.stuck_among:
            self.counts.stuck_among = f"of the first {MOST_LATE:,} waiting jobs that are due too long"
        self._add_stuck(late, as_of)

    def _take_out_repeated(self, filled: Mapping[Shelf, int]) -> None:
        """Count a job that stands in two places once: not where it ended before."""
        found, as_of = self._look("repeated", lambda: self.reading.product.repeated(filled, self.reading.ask))
        for shelf in found.keys() & filled.keys():
            place = shelf.queue or "", shelf.states[0]
            self.counts.sizes[place] = max(0, self.counts.sizes[place] - found[shelf].count)
            if found[shelf].why:
                self.counts.doubts[place].append(Measured(0, Exactness.ESTIMATED, as_of, found[shelf].why))

    def _look_at_runs(self, shelf: Shelf, size: int) -> tuple[_Shares, datetime]:
        """Count the stuck ones among the first runs; return how these share out, and when that was."""
        reading = self.reading

        def look() -> tuple[_Shares, Counter[str], dict[str, datetime]]:
            entries = reading.slice(shelf, 0, MOST_RUNS)[:MOST_RUNS]
            seen = list(reading.load(entries, brief=True))
            stuck = Counter(one.job.queue.raw for one in seen if reading.is_stuck(one.job))
            waiting = seen if State.PENDING in shelf.states else []
            return _share(seen, entries, size), stuck, _first_due(waiting, reading.now)

        (shares, stuck, oldest), as_of = self._look((shelf.key, "runs"), look)
        if size > MOST_RUNS:
            self.counts.stuck_among = f"of the first {MOST_RUNS:,} runs"
        self._add_stuck(stuck, as_of)
        self.counts.oldest_due |= oldest
        if as_of != reading.now:
            self.counts.oldest_read |= dict.fromkeys(oldest, as_of)
        return shares, as_of

    def _add_stuck(self, stuck: Counter[str], as_of: datetime) -> None:
        self.counts.stuck.update(stuck)
        self.counts.as_of = min(self.counts.as_of, as_of)

    def _share_out(self, shelf: Shelf, size: int) -> None:
        """Share out a shelf by the states and queues of its first jobs."""
        most, shares, as_of = min(SHARED_ENTRIES, self.left), _Shares(Counter(), 0, size), self.reading.now
        if size <= min(self.always, most):
            self.always -= size
            shares = _read_shares(self.reading, shelf, most, size)
        elif most > 0:
            name = (shelf.key, "shares", most)
            shares, as_of = self._look(name, lambda: _read_shares(self.reading, shelf, most, size))
        self._add_shares(shares, as_of, shelf, size)
        self.left -= shares.looked

    def _add_shares(self, shares: _Shares, as_of: datetime, shelf: Shelf, size: int) -> None:
        """Share a shelf's size out as the entries that were looked at are, some of which may stand for no job."""
        counts, told, looked, is_whole = self.counts, shares.told, shares.looked, shares.are_all_of(size)
        if not looked:
            told, looked = Counter({(shelf.queue or "", shelf.states[0]): 1}), 1
        for key, share in told.items():
            counts.sizes[key] += share if is_whole else round(share * size / looked)
        doubt = self._doubt(shares, as_of, is_sure=is_whole and not shelf.is_partly_listed)
        if doubt is not None:
            # Where those that were looked at tell of no job, there may still be jobs of any queue among the others.
            queues = {queue for queue, _ in told} or (
                {shelf.queue} if shelf.queue is not None else {*self.reading.queue_names, ""}
            )
            for key in told.keys() | {(queue, state) for queue in queues for state in shelf.states}:
                counts.doubts[key].append(doubt)

    def _doubt(self, shares: _Shares, as_of: datetime, *, is_sure: bool) -> Measured[int] | None:
        """Return how a share was got, as a count of none; None where it is of now."""
        age_s = (self.reading.now - as_of).total_seconds()
        if is_sure:
            return Measured(0, Exactness.CACHED, as_of) if age_s else None
        which = "all" if age_s and shares.looked >= shares.size else f"the first {SHARED_ENTRIES:,} jobs of each key"
        when = f"were {age_s:.0f} s ago" if age_s else "are"
        return Measured(0, Exactness.ESTIMATED, as_of, f"shared out as {which} {when}")


@dataclass(frozen=True, slots=True)
class _Shares:
    """How the jobs of a shelf's first entries share out."""

    told: Counter[_Key]
    # How many entries were looked at, and the shelf's size then.
    looked: int
    size: int

    def are_all_of(self, size: int) -> bool:
        """Tell whether these are all of a shelf that has a size now.

        One that has as many entries as then is taken for the same.
        """
        return self.looked >= self.size == size


def _read_shares(reading: KeysReading, shelf: Shelf, most: int, size: int) -> _Shares:
    """Return what a shelf's first entries tell, by their jobs only where nothing less tells it."""
    entries = reading.slice(shelf, 0, most)[:most]
    commands = [command for one in entries if (command := reading.product.tells(one)) is not None]
    if shelf.queue is None or len(commands) < len(entries):
        return _share(reading.load(entries, brief=True), entries, size)
    states = [reading.product.state_of(shelf, answer) for answer in reading.ask(commands)]
    return _Shares(Counter((shelf.queue, state) for state in states), len(entries), size)


def _share(jobs: Iterable[Seen], entries: Sequence[Entry], size: int) -> _Shares:
    return _Shares(Counter((one.job.queue.raw, one.job.state) for one in jobs), len(entries), size)


def _read_oldest(reading: KeysReading, counts: _Tally) -> None:
    """Note when the first waiting job of each queue was due.

    Shelves in which runs stand too were looked at before.
    """
    waiting = [
        shelf
        for shelf in reading.shelves
        if State.PENDING in shelf.states and State.PROCESSING not in shelf.states and not shelf.is_read_whole
    ]
    entries = [entry for first in reading.slices(waiting, 0, 1) for entry in first]
    for queue, due_at in _first_due(reading.load(entries, brief=True), reading.now).items():
        counts.oldest_due.setdefault(queue, due_at)


def _first_due(jobs: Iterable[Seen], now: datetime) -> dict[str, datetime]:
    """Return when the first waiting job of each queue was due."""
    found: dict[str, datetime] = {}
    for seen in jobs:
        due_at = due_since(seen.job)
        if due_at is not None and due_at <= now:
            found.setdefault(seen.job.queue.raw, due_at)
    return found


def _tell_queues(reading: KeysReading, counts: _Tally) -> tuple[QueueInfo, ...]:
    """Return every queue that is registered, or named by a job, by name."""
    survey = reading.survey
    named = reading.queue_names | {queue for queue, _ in counts.sizes}
    unheard, is_told = reading.unheard(named), reading.product.capabilities.workers
    listening = Counter(queue.raw for worker in survey.workers for queue in worker.queues)
    return tuple(
        replace(
            survey.describe(name),
            counts={state: counts.of(state, name) for state in State},
            stuck=counts.stuck_in(name),
            oldest_due_at=counts.oldest_due.get(name),
            oldest_read_at=counts.oldest_read.get(name),
            consumers=None if not is_told else 0 if name in unheard else listening[name],
        )
        for name in sorted(filter(None, named))
    )
