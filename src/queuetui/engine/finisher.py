"""Collects endings, which are written in batches, and logs and counts them once they are written."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from queuetui.engine.held import RunEnding
from queuetui.engine.logs import WORKER_LOGGER, log_event
from queuetui.engine.outcome import settle_given_up
from queuetui.engine.settings import DEFAULT_BATCH
from queuetui.model.job import Ending

if TYPE_CHECKING:
    from queuetui.engine.clock import Clock, Pace, Wakeup
    from queuetui.engine.held import Run
    from queuetui.engine.run_metrics import RunMetrics
    from queuetui.engine.unknown_types import UnknownTypes
    from queuetui.engine.volume import Volume
    from queuetui.model.job import Settlement

FLUSH_JOBS = 100
FLUSH_AFTER_S = 0.005
NEVER_S = 3600.0
# Servers limit the size of a message, and the results of a batch may be of any size.
STEP_RESULT_BYTES = 64_000_000
SLOW_S = 1.0
_EVENTS = {
    Ending.COMPLETED: ("job_completed", logging.INFO),
    Ending.RETRY: ("job_retrying", logging.WARNING),
    Ending.FAILED: ("job_failed", logging.ERROR),
    Ending.SNOOZED: ("job_snoozed", logging.INFO),
    Ending.RELEASED: ("job_released", logging.INFO),
    Ending.CANCELLED: ("job_cancelled", logging.INFO),
    Ending.LOST: ("job_lost", logging.WARNING),
}


def take_step(endings: Sequence[RunEnding]) -> tuple[RunEnding, ...]:
    """Return the endings to write in one step: all of them, unless their results are very large."""
    size = 0
    for place, (_, settlement) in enumerate(endings):
        if settlement.result is not None:
            size += len(settlement.result)
            if size > STEP_RESULT_BYTES and place:
                return tuple(endings[:place])
    return tuple(endings)


class Outbox:
    """Endings that wait to be written; handlers' threads add them, the dispatcher takes them out."""

    def __init__(self, wakeup: Wakeup, clock: Clock, unknown: UnknownTypes, most: int = DEFAULT_BATCH) -> None:
        self._unknown = unknown
        self._most = most
        self._batch = most
        self._flush_after_s = FLUSH_AFTER_S
        self._waiting: deque[RunEnding] = deque()
        self._late: deque[RunEnding] = deque()
        self._first_s = 0.0
        self._at_once = False
        self._wakeup = wakeup
        self._clock = clock

    def __len__(self) -> int:
        return len(self._waiting)

    def expect(self, claimed: int) -> None:
        """Let batches of endings grow to the size of the claims, and wait longer in proportion."""
        self._batch = min(self._most, max(FLUSH_JOBS, claimed))
        self._flush_after_s = FLUSH_AFTER_S * max(1.0, self._batch / FLUSH_JOBS)

    def put(self, run: Run, settlement: Settlement, *, at_once: bool = False) -> None:
        """Add an ending; the first of a batch, a full batch and an urgent ending wake the dispatcher."""
        # Checked before and after: another thread may add an ending, or the dispatcher take all out, in between.
        is_first = not self._waiting
        if is_first:
            self._first_s = self._clock.now()
        self._waiting.append(RunEnding(run, settlement))
        if at_once:
            self._at_once = True
        if at_once or is_first or len(self._waiting) in {1, self._batch}:
            self._wakeup.ring()

    def put_late(self, run: Run, settlement: Settlement) -> None:
        """Add an ending that comes after its lease was lost: it is refused, and recorded as late."""
        self._late.append(RunEnding(run, settle_given_up(run.job, settlement.duration_s)))
        self._wakeup.ring()

    @property
    def late(self) -> tuple[RunEnding, ...]:
        """The late endings that have not been sent to the store."""
        return tuple(self._late)

    def told_late(self, ended: RunEnding) -> None:
        """Remove a late ending that has been sent to the store."""
        self._late.remove(ended)

    def due_in_s(self, *, hungry: bool) -> float:
        """Return how long the batch may still grow: 5 ms, longer for a large one; not at all if `hungry`."""
        count = len(self._waiting)
        if not count:
            return NEVER_S
        if hungry or self._at_once or count >= self._batch:
            return 0.0
        return max(0.0, self._first_s + self._flush_after_s - self._clock.now())

    def post(self) -> None:
        """Move every ending to its lease, to be written under it; refuse those whose lease is lost."""
        self._at_once = False
        for _ in range(len(self._waiting)):
            ended = self._unknown.judge(self._waiting.popleft())
            if ended.run.lease.forgotten:
                refuse(ended)
            else:
                ended.run.lease.endings.append(ended)


def refuse(ended: RunEnding) -> None:
    """Log an ending that is not written, because another worker may have the job."""
    ended.run.close()
    log_event("result_refused", logging.WARNING, **ended.run.facts, ending=ended.settlement.ending.value)


class Finisher:
    """Counts and logs endings once the store has accepted them."""

    def __init__(self, pace: Pace, volume: Volume, clock: Clock, metrics: RunMetrics | None = None) -> None:
        self.ended_jobs = 0
        self._pace = pace
        self._volume = volume
        self._clock = clock
        self._metrics = metrics

    def report(self, endings: Sequence[RunEnding], accepted: Collection[str]) -> None:
        """Log and count endings that were sent; one that was not accepted is stale and has changed nothing."""
        all_accepted = len(accepted) == len(endings)
        untold = 0
        for ended in endings:
            run, settlement = ended
            self.ended_jobs += not settlement.is_given_back
            if all_accepted or settlement.job_id in accepted:
                if run.written is not None:
                    run.close()
                if self._metrics is not None:
                    self._metrics.count(ended)
                if run.told or settlement.ending is not Ending.COMPLETED or (settlement.duration_s or 0.0) > SLOW_S:
                    _tell(ended)
                else:
                    untold += 1
            else:
                refuse(ended)
        if untold:
            self._volume.leave_out(untold, self._clock.now())
        self._learn(endings)

    def _learn(self, endings: Sequence[RunEnding]) -> None:
        """Record how long the runs occupied their slots, by type; all of a batch are of one queue."""
        now_s = self._clock.now()
        took_s: dict[str, list[float]] = {}
        for run, settlement in endings:
            held_s = settlement.duration_s
            if held_s is not None:
                if run.written is not None:
                    # With ack "each" the slot is occupied until the ending is written.
                    held_s = max(held_s, run.elapsed_s(now_s))
                took_s.setdefault(settlement.type, []).append(held_s)
        for job_type, lengths_s in took_s.items():
            self._pace.record(endings[0].run.job.queue, job_type, sum(lengths_s) / len(lengths_s), len(lengths_s))


def _tell(ended: RunEnding) -> None:
    """Log how a run ended."""
    settlement = ended.settlement
    event, level = _EVENTS[settlement.ending]
    if not WORKER_LOGGER.isEnabledFor(level):
        return
    duration_s = None if settlement.duration_s is None else round(settlement.duration_s, 6)
    error = settlement.error
    log_event(
        event,
        level,
        **ended.run.facts,
        duration_s=duration_s,
        delay_s=round(settlement.delay_s, 3) if settlement.delay_s else None,
        run_at=settlement.at,
        error_class=error.class_name if error else None,
        error=error.message if error else None,
        traceback=(error.traceback or None) if error and settlement.ending is Ending.FAILED else None,
    )
