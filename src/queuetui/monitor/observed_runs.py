"""Learns how long runs take in a store that keeps no history, by watching the processing jobs."""

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
# Slow looks are taken less often: all looks together take no more than this share of the time.
_LARGEST_SHARE = 0.05
# The most runs that are watched, the newest first.
MOST_WATCHED = 500
# A look reads the outcome of at most this many runs, for at most this long, because a store may have to search for each job.
MOST_ASKED, ASK_FOR_S = 50, 0.25
# If a run ended in a pause between looks that was longer than this, its length is unknown and not counted.
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
    """Watches the runs of one store.

    The length of a run is the one that the store tells after its end, else the time for which it was seen running, which is never
    too long. A run that failed, was cancelled or was restarted is not counted; a job that is gone counts as completed.
    """

    def __init__(self, inspector: Inspector, lengths: RunLengths) -> None:
        self._inspector = inspector
        self._lengths = lengths
        self._running: Mapping[str, _Run] = {}
        self._again_s = float("-inf")
        self._looking = Lock()

    def usual(self) -> Mapping[str, Durations]:
        """Return how long the runs of each type take, as far as they were watched."""
        return self._lengths.usual()

    def look(self, now: datetime, limits: Limits) -> None:
        """Look at the running jobs, if the next look is due; `now` is the time of the store's clock.

        A look that fails is skipped; its time counts like that of any other.
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
        """Close the file of run lengths."""
        self._lengths.close()

    def _take_in(self, now: datetime, limits: Limits) -> None:
        page = self._inspector.page(PageRequest(parse_query("state:processing"), MOST_WATCHED, brief=True), limits)
        before = self._running
        running = {run.job_id: run for run in _runs_of(page.jobs, now)}
        left = [run for run in before.values() if run.job_id not in running]
        found, asked = self._ask(left)
        # A job that is no longer on the page may still be processing.
        moved = _runs_of([job for job in found.values() if job.state is State.PROCESSING], now)
        self._lengths.add(one for run in asked for one in _length_of(run, found.get(run.job_id), now))
        self._running = running | {run.job_id: run for run in moved}

    def _ask(self, left: Sequence[_Run]) -> tuple[dict[str, Job], Sequence[_Run]]:
        """Return the jobs of runs that left the page, and the runs asked about: as many as time allows.

        The time that the first answer takes tells how many more can be asked about.
        """
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
    """Yield the length of a run that is over, if it is known."""
    if job is not None and job.state is not State.COMPLETED:
        return
    if job is not None and job.completed_at is not None and (job.started_at or job.claimed_at) == run.began_at:
        took_s = (job.completed_at - run.began_at).total_seconds()
    elif (now - run.seen_at).total_seconds() <= LONGEST_GAP_S:
        took_s = run.lasted_s
    else:
        return
    yield RunLength(run.queue, run.type, max(0.0, took_s))
