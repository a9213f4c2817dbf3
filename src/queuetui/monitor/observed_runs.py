"""Learns how long runs take that their store does not keep, from what is seen while they go on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from queuetui.model.errors import QueueTuiError
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.monitor.run_lengths import RunLength, RunLengths

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector
    from queuetui.model.histories import Durations
    from queuetui.model.job import Job
    from queuetui.model.limits import Limits

LOOK_EVERY_S = 5.0
# A look that costs much is taken less often: looks have no more than this share of the time.
_LARGEST_SHARE = 0.05
# What runs beside the newest of them is not watched.
MOST_WATCHED = 500
# What became of so many is asked at a look, and for so long, as a store may have to search for each; a part stands for all.
MOST_ASKED, ASK_FOR_S = 50, 0.25
# Of a run that ended while nobody looked for longer than this, nobody knows how long it took.
LONGEST_GAP_S = 120.0


@dataclass(frozen=True, slots=True)
class _Run:
    job_id: str
    queue: str
    type: str
    began_at: datetime
    seen_at: datetime

    @property
    def lasted_s(self) -> float:
        return max(0.0, (self.seen_at - self.began_at).total_seconds())


class ObservedRuns:
    """The runs that are seen of one store.

    A run has the length that its store tells once it is over, else that for which it was seen to go on: it is never held for
    longer than it was. One that failed, was cancelled or began anew is not counted; a job that is gone has completed.
    """

    def __init__(self, inspector: Inspector, lengths: RunLengths) -> None:
        self._inspector = inspector
        self._lengths = lengths
        self._running: Mapping[str, _Run] = {}
        self._again_s = float("-inf")
        self._looking = Lock()

    def usual(self) -> Mapping[str, Durations]:
        """Return how long the runs of each type take, as far as somebody has watched them."""
        return self._lengths.usual()

    def look(self, now: datetime, limits: Limits) -> None:
        """See what runs at a time of the store's clock, where the last look is long enough ago.

        A look that fails is left out, and paid for as one that does not.
        """
        if time.monotonic() < self._again_s or not self._looking.acquire(blocking=False):
            return
        began_s = time.monotonic()
        try:
            with suppress(QueueTuiError):
                self._take_in(now, limits)
        finally:
            cost_s = time.monotonic() - began_s
            self._again_s = began_s + max(LOOK_EVERY_S, cost_s / _LARGEST_SHARE)
            self._looking.release()

    def close(self) -> None:
        """Let go of what is kept."""
        self._lengths.close()

    def _take_in(self, now: datetime, limits: Limits) -> None:
        page = self._inspector.page(PageRequest(parse_query("state:processing"), MOST_WATCHED, brief=True), limits)
        before = self._running
        running = {run.job_id: run for run in _runs_of(page.jobs, now)}
        left = [run for run in before.values() if run.job_id not in running]
        found, asked = self._ask(left)
        # What has moved off the page goes on.
        moved = _runs_of([job for job in found.values() if job.state is State.PROCESSING], now)
        self._lengths.add(one for run in asked for one in _length_of(run, found.get(run.job_id), now))
        self._running = running | {run.job_id: run for run in moved}

    def _ask(self, left: Sequence[_Run]) -> tuple[dict[str, Job], Sequence[_Run]]:
        """Return what has become of runs, and of which, as many as there is time for by the first."""
        if not left:
            return {}, ()
        began_s = time.monotonic()
        jobs = [*self._inspector.get_many([left[0].job_id])]
        more = int(ASK_FOR_S / max(time.monotonic() - began_s, 0.001))
        asked = left[: min(1 + more, MOST_ASKED)]
        if len(asked) > 1:
            jobs += self._inspector.get_many([run.job_id for run in asked[1:]])
        return {job.ref.id: job for job in jobs}, asked


def _runs_of(jobs: Sequence[Job], now: datetime) -> Iterator[_Run]:
    for job in jobs:
        began_at = job.started_at or job.claimed_at
        if job.state is State.PROCESSING and began_at is not None:
            yield _Run(job.ref.id, job.queue.raw, job.type.raw, began_at, now)


def _length_of(run: _Run, job: Job | None, now: datetime) -> Iterator[RunLength]:
    """Yield how long a run took that is over, as far as that is known."""
    if job is not None and job.state is not State.COMPLETED:
        return
    if job is not None and job.completed_at is not None and (job.started_at or job.claimed_at) == run.began_at:
        took_s = (job.completed_at - run.began_at).total_seconds()
    elif (now - run.seen_at).total_seconds() <= LONGEST_GAP_S:
        took_s = run.lasted_s
    else:
        return
    yield RunLength(run.queue, run.type, max(0.0, took_s))
