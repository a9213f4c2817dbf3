"""Finds the missing and misordered events of all jobs in an event log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from queuetui.backends.events import EventLog
from queuetui.model.access import Access
from queuetui.model.clock import to_text
from queuetui.model.errors import NotFound
from queuetui.model.event import Event
from queuetui.model.limits import Limits
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Verdict
from queuetui.monitor.diagnosis.words import command
from queuetui.monitor.lives import group_by_job, read_recent, traits_of
from queuetui.monitor.sequence import Gap, find_gaps

MOST_EVENTS = 50_000
# An open gap, whose event may still come, is checked against the job itself; at most this many are.
MOST_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class JobGap:
    """A gap of one job; `queue` is None if the log does not name it."""

    job_id: str
    queue: Untrusted | None
    gap: Gap
    summary: str
    next: str


@dataclass(frozen=True, slots=True)
class LogGaps:
    """The gaps found, the latest first, and the numbers of events and jobs that were judged.

    `notes` tell what the answer leaves out.
    """

    gaps: tuple[JobGap, ...]
    events: int
    jobs: int
    notes: tuple[str, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """The number of gaps of each kind, the most frequent first."""
        return dict(Counter(one.gap.kind.value for one in self.gaps).most_common())


@dataclass(frozen=True, slots=True)
class GapReader:
    """Reads a log and judges the events of each job.

    `judge_job` returns the verdict about the gap of a job, judged by the job itself, and raises NotFound.
    """

    log: EventLog
    own: bool
    limits: Limits
    judge_job: Callable[[str], Verdict | None]
    access: Access

    def read(self, now: datetime, span: timedelta, limit: int) -> LogGaps:
        """Return the gaps of the last `span`, at most `limit`."""
        events, is_cut = read_recent(self.log, now - span, MOST_EVENTS)
        traits, by_job = traits_of(events, own=self.own), group_by_job(events)
        found: list[JobGap] = []
        looked = 0
        for job_id, steps in by_job.items():
            for gap in find_gaps(steps, traits, now, self._limit_s(steps)):
                looked += gap.is_open
                one = self._settle(job_id, steps, gap) if looked <= MOST_LOOKED_AT else None
                if one is not None:
                    found.append(one)
            if len(found) >= limit:
                break
        return LogGaps(
            tuple(found[:limit]), len(events), len(by_job), _notes(len(events), is_cut, looked, len(found) >= limit)
        )

    def _limit_s(self, steps: list[Event]) -> float:
        """Return the shortest limit that may apply to the job.

        The events do not tell the job's type, so the limit of its type is applied later, when the job itself is read.
        """
        by_type = min(self.limits.per_type_s.values(), default=self.limits.stuck_after_s)
        queue = "" if steps[0].queue is None else steps[0].queue.raw
        return min(by_type, self.limits.run_limit_s(queue, ""))

    def _settle(self, job_id: str, steps: list[Event], gap: Gap) -> JobGap | None:
        """Return a gap; an open one is checked against its job, and None is returned if the job has no gap."""
        step = command("events", "--job", Untrusted(job_id), way=self.access.reading)
        summary = gap.text
        if gap.is_open:
            try:
                verdict = self.judge_job(job_id)
            except NotFound:
                summary = f"{gap.text}, and the job is gone"
            else:
                if verdict is None:
                    return None
                summary, step = verdict.summary, verdict.next
        return JobGap(job_id, steps[0].queue, gap, summary, step)


def _notes(events: int, is_cut: bool, looked: int, is_full: bool) -> tuple[str, ...]:
    notes = []
    if is_cut:
        notes.append(f"the newest {events:,} events were judged and there are more; ask for less with --since")
    if looked > MOST_LOOKED_AT:
        notes.append(f"{looked - MOST_LOOKED_AT:,} gaps more were not held against their jobs and are left out")
    if is_full:
        notes.append("there may be more gaps; ask for more with --limit")
    return tuple(notes)


def describe_job_gap(one: JobGap) -> dict[str, Any]:
    """Return a gap as programs read it."""
    return {
        "job": one.job_id,
        "queue": None if one.queue is None else one.queue.raw,
        "gap": one.gap.kind.value,
        "event": one.gap.event.kind.value,
        "at": to_text(one.gap.event.at),
        "worker": None if one.gap.event.worker is None else one.gap.event.worker.raw,
        "summary": one.summary,
        "next": one.next,
    }
