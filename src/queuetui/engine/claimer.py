"""Decides from which queue to claim next, and how much.

What the claimer knows of queues, from the least to the most certain:

    _known      queues that a poll of the store has found once
    _heard      queues that a hint has named since; a known one is taken as ready, a new one causes a poll
    _kept_back  queues whose rules allowed no claim, and until when hints about them are ignored
    _ready      queues to claim from, in turn; a queue leaves when a claim returns fewer jobs than asked

Without a ready queue the store is polled again at `_look_at_s`: soon after the last job, then after twice as long each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from queuetui.engine.guard import is_overstaying

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore
    from queuetui.engine.clock import Clock, Pace
    from queuetui.engine.held import Run
    from queuetui.engine.isolation import Executor
    from queuetui.engine.lease import Leases
    from queuetui.engine.settings import WorkerSettings

HELD_BATCHES = 2
# A step takes milliseconds, so this is enough; if the worker dies, jobs that it holds and has not begun wait until the lease expires.
HELD_WORK_S = 0.25
LONG_RUN_S = 1.0
# How long a poll is taken as current while queues have work: a queue named earlier waits no longer than this for its turn.
LOOK_AGAIN_S = 0.25
SHORTEST_POLL_S = 0.02
SHORTEST_POLL_WHEN_TOLD_S = 0.25
# A claim that has skipped as many jobs as it may read took milliseconds, so the next one is delayed.
PASSED_OVER_S = 0.1
PROMOTE_LIMIT = 500
HEARD_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Claim:
    """A queue to claim from, and how many jobs to ask for."""

    queue: str
    size: int


class Room:
    """How many more jobs a worker may hold: those that start at once, and HELD_WORK_S of work behind them."""

    def __init__(self, settings: WorkerSettings, executor: Executor, leases: Leases, pace: Pace, clock: Clock) -> None:
        self._slots = settings.concurrency
        self._most = HELD_BATCHES * settings.batch
        self._executor = executor
        self._leases = leases
        self._pace = pace
        self._clock = clock

    def free_slots(self, held: int) -> int:
        """Return how many jobs would start at once; a handler that outlives its run still occupies its slot."""
        return self._slots - held - sum(is_overstaying(run) for run in self._executor.running())

    def for_queue(self, queue: str, held: int) -> int:
        """Return how many more jobs of a queue may be held."""
        free = self.free_slots(held)
        average_s = self._pace.queue_average_s(queue)
        if average_s is None:
            return free
        work = int(self._quick_slots() * HELD_WORK_S / max(average_s, 1e-4))
        return max(free, min(self._most, work) - held)

    def excess(self, runs: Sequence[Run], held: int) -> list[Run]:
        """Return the newly claimed runs that are too many after all, now that their types are known."""
        free = max(0, self.free_slots(held))
        allowed_s = self._quick_slots() * HELD_WORK_S
        if len(runs) <= free:
            return []
        averages_s = {name: self._pace.type_average_s(name) for name in {run.job.type for run in runs}}
        work_s, too_much = 0.0, []
        for place, run in enumerate(runs):
            average_s = averages_s[run.job.type]
            work_s += HELD_WORK_S if average_s is None else average_s
            if place >= free and work_s > allowed_s:
                too_much.append(run)
        return too_much

    def _quick_slots(self) -> int:
        now_s = self._clock.now()
        return self._slots - sum(run.elapsed_s(now_s) > LONG_RUN_S for run in self._executor.running())


class Claimer:
    """Polls which queues are ready and claims batches, which grow from one job as long as they are full."""

    def __init__(self, store: JobStore, settings: WorkerSettings, room: Room, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._room = room
        self._clock = clock
        self._ready: list[str] = []
        self._look_at_s = 0.0
        self._soon_s = self._poll_s = SHORTEST_POLL_S
        self.batch = 1
        self._known: set[str] = set()
        self._heard: dict[str, None] = {}
        self._kept_back: dict[str, float] = {}
        self._forbidden_all = False
        self.found_nothing = False

    def hear(self, queue: str) -> None:
        """Take a hint, which may be wrong, that a queue has work; called from any thread."""
        if len(self._heard) < HEARD_LIMIT:
            self._heard[queue] = None

    def is_told(self) -> None:
        """Poll less often after the last job, as the store notifies at once when there is another."""
        self._soon_s = self._poll_s = SHORTEST_POLL_WHEN_TOLD_S

    def choose(self, held: int, allowance: int | None) -> Claim | None:
        """Return the next claim, None when no more jobs may be held or no queue is ready."""
        if allowance == 0:
            return None
        queue = self._next_queue()
        if queue is None:
            return None
        size = min(self._room.for_queue(queue, held), self.batch, self._settings.batch)
        size = size if allowance is None else min(size, allowance)
        return Claim(queue, size) if size > 0 else None

    def took(self, claim: Claim, count: int, again_s: float | None = None) -> None:
        """Learn from a batch: a full one makes the next larger, a short one means the queue may be empty.

        `again_s`: the queue's rules keep jobs back, and may allow more after so many seconds.
        """
        if count:
            self._poll_s = self._soon_s
        # A burst does not wait for jobs that only the end of another worker's job, or another worker's tags, would allow.
        self._forbidden_all = self._forbidden_all and not count and again_s == inf
        if count >= claim.size:
            self.batch = min(self._settings.batch, max(self.batch, claim.size * 2))
            self._take_turns()
            return
        self.batch = max(1, count)
        self._ready = [queue for queue in self._ready if queue != claim.queue]
        if not self._ready:
            soonest_s = inf if again_s is None else max(again_s, SHORTEST_POLL_S)
            self.found_nothing = self._forbidden_all
            poll_s = PASSED_OVER_S if again_s == 0 else min(self._next_poll_s(), soonest_s)
            self._look_at_s = 0.0 if count else self._clock.now() + poll_s
        if again_s is not None and not count:
            self._kept_back[claim.queue] = self._clock.now() + min(again_s, self._settings.sleep_s)

    def work_ended(self, *, postponed: bool) -> None:
        """Treat the last poll as outdated: a job that ended may have enqueued others, or be due again soon."""
        self.found_nothing = False
        self._kept_back.clear()
        if postponed:
            self._poll_s = SHORTEST_POLL_S
        if not self._ready:
            self._look_at_s = 0.0

    def look_in_s(self) -> float:
        """Return how long until the queues should be polled again."""
        if self._heard and not self._ready:
            return 0.0
        return max(0.0, self._look_at_s - self._clock.now())

    def _take_turns(self) -> None:
        """Move the first queue to the end, unless the worker was given an order."""
        if self._settings.queues is None and len(self._ready) > 1:
            self._ready.append(self._ready.pop(0))

    def _next_queue(self) -> str | None:
        # While hints name queues, a due poll is delayed by this, but not for as long as hints keep coming.
        patience_s = LOOK_AGAIN_S if self._heard and not self._ready else 0.0
        if self._clock.now() >= self._look_at_s + patience_s or not self._believe_hints():
            self._look()
        return self._ready[0] if self._ready else None

    def _believe_hints(self) -> bool:
        """Take the queues that hints named as ready; False when a name is new and the store must be polled."""
        if self._ready or not self._heard:
            return True
        heard = set(self._heard)
        for queue in heard:
            del self._heard[queue]
        # Where rules kept jobs back a moment ago, new jobs change nothing.
        heard = {queue for queue in heard if self._clock.now() >= self._kept_back.get(queue, 0.0)}
        wanted = self._settings.queues if self._settings.queues is not None else sorted(self._known & heard)
        self._ready = [queue for queue in wanted if queue in heard]
        return self._settings.queues is not None or heard <= self._known

    def _look(self) -> None:
        found = self._store.queues_ready(self._settings.queues)
        due_s = None if found else self._store.next_due_s()
        if due_s is not None and due_s <= 0 and self._store.promote(PROMOTE_LIMIT):
            found = self._store.queues_ready(self._settings.queues)
        self.found_nothing, self._forbidden_all = not found, bool(found)
        self._known.update(found)
        if found:
            self._ready = self._in_turn(found)
            self._look_at_s = self._clock.now() + LOOK_AGAIN_S
            return
        self._ready = []
        poll_s = self._next_poll_s()
        self._look_at_s = self._clock.now() + (poll_s if due_s is None else min(poll_s, max(due_s, SHORTEST_POLL_S)))

    def _next_poll_s(self) -> float:
        """Return the next poll delay: it doubles after the last job, up to the poll interval."""
        poll_s = self._poll_s
        self._poll_s = min(self._settings.sleep_s, poll_s * 2)
        return min(poll_s, self._settings.sleep_s)

    def _in_turn(self, found: tuple[str, ...]) -> list[str]:
        if self._settings.queues is not None:
            return list(found)
        # The queue that had the last turn is at the end of `_ready`: keep that order, and put new queues first.
        known = [queue for queue in self._ready if queue in found]
        return [queue for queue in found if queue not in known] + known
