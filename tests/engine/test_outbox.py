"""Endings on their way to the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from queuetui.engine.clock import Clock, Wakeup
from queuetui.engine.finisher import STEP_RESULT_BYTES, Outbox, take_step
from queuetui.engine.held import Run, RunEnding
from queuetui.engine.unknown_types import UnknownTypes
from queuetui.model.clock import from_us
from queuetui.model.job import ClaimedJob, Ending, Settlement
from queuetui.model.job_id import new_job_id

MOMENT = from_us(0)


class CountingWakeup(Wakeup):
    """A bell that counts how often it was rung."""

    rung = 0

    def ring(self) -> None:
        """Count."""
        self.rung += 1


class Crowded(deque[RunEnding]):
    """A row of endings into which another thread puts one in the very moment in which one is put in."""

    other: Callable[[], None] | None = None

    def append(self, ended: RunEnding, /) -> None:
        """Append, and let the other one append."""
        super().append(ended)
        other, self.other = self.other, None
        if other is not None:
            other()


def end(result: bytes | None = None) -> RunEnding:
    """Return the ending of a run."""
    job = ClaimedJob(new_job_id(), 1, "T", "q", b"", None, 0, 0, 3, 0, None, (), None, MOMENT, MOMENT)
    run = Run(job, "w")
    return RunEnding(run, Settlement(job.id, job.fence, job.type, Ending.COMPLETED, result=result))


def put(outbox: Outbox) -> None:
    """Put in the ending of a run."""
    outbox.put(*end())


def test_the_first_ending_rings_though_another_comes_at_once() -> None:
    """Of two endings that are put in at the same moment one wakes the writer."""
    bell = CountingWakeup()
    outbox = Outbox(bell, Clock(), UnknownTypes(0, Clock()))
    crowd = outbox._waiting = Crowded()
    crowd.other = lambda: put(outbox)
    put(outbox)
    assert (len(outbox), bell.rung) == (2, 1)


def test_very_large_results_are_written_a_few_at_a_time() -> None:
    """What is written together stays within what a server takes in one message, and is one ending at least."""
    small, large = end(), end(b"x" * (STEP_RESULT_BYTES // 2))
    assert take_step([small] * 500) == (small,) * 500
    assert take_step([large, small, large, large]) == (large, small, large)
    assert len(take_step([end(b"x" * 2 * STEP_RESULT_BYTES), large])) == 1
