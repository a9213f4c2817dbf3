"""The life of each job in one row, read from its events.

Steps that are missing or out of order are its gaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from queuetui.backends.events import EventLog
from queuetui.model.clock import to_text
from queuetui.model.event import Event, EventKind, EventRequest
from queuetui.monitor.follower import EVENTS_A_PAGE, MOST_A_LOOK
from queuetui.monitor.sequence import LogTraits, find_gaps, in_turn

_ENDS = frozenset({EventKind.JOB_COMPLETED, EventKind.JOB_FAILED})
_STEPS = (EventKind.JOB_CREATED, EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED, EventKind.JOB_COMPLETED)
_BEGINNINGS = frozenset({EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED})
_PUT_BACK = frozenset({EventKind.JOB_RETRIED, EventKind.JOB_SNOOZED})
# Each of these ends a run: the next step belongs to another run.
_OVERS = _ENDS | _PUT_BACK | {EventKind.JOB_RELEASED, EventKind.JOB_LOST, EventKind.JOB_CANCELLED}
# The most events that are read of a job that is read alone.
EVENTS_OF_A_JOB = 200


@dataclass(frozen=True, slots=True)
class Life:
    """When a job was created, and when it reached each step of its last run.

    `end` is how the run ended, `gaps` are the steps that are missing or out of order.
    """

    job_id: str
    steps: dict[EventKind, datetime] = field(default_factory=dict)
    end: EventKind | None = None
    gaps: tuple[str, ...] = ()

    def at(self, kind: EventKind) -> datetime | None:
        """Return when the job reached a step, None if it has not."""
        return self.steps.get(kind)


@dataclass(frozen=True, slots=True)
class Lives:
    """The lives that were found, and whether there are more; `notes` tell what else the answer leaves out."""

    lives: tuple[Life, ...]
    notes: tuple[str, ...] = ()
    has_more: bool = False


def read_recent(log: EventLog, since: datetime | None, most: int = MOST_A_LOOK) -> tuple[list[Event], bool]:
    """Return the events since a time, newest first, at most `most`, and whether there are more."""
    found: list[Event] = []
    before: str | None = None
    while len(found) < most:
        page = log.events(EventRequest(since=since, before=before, limit=EVENTS_A_PAGE))
        found += page.events
        if not page.has_more:
            return found, False
        before = page.last
    return found, True


def count_kinds(events: Iterable[Event]) -> dict[str, int]:
    """Count events by kind, the most frequent first; kinds that we do not know keep the log's own name."""
    return dict(Counter(_word(event) for event in events).most_common())


def read_lives(
    log: EventLog,
    now: datetime,
    since: datetime | None,
    limit: int,
    stalled_s: float,
    *,
    own: bool,
    most: int = MOST_A_LOOK,
) -> Lives:
    """Return the lives of the jobs that have events since a time, the latest first.

    The older events of a job that was created before are read for this job alone. At most `most` events are read.
    `own` tells whether it is the log of our own queue or of another product.
    """
    events, is_cut = read_recent(log, since, most)
    traits = traits_of(events, own=own)
    by_job = group_by_job(events)
    lives = []
    for job_id, recent in list(by_job.items())[:limit]:
        own_events, is_whole = recent, any(event.kind is EventKind.JOB_CREATED for event in recent)
        if not is_whole:
            own_events = list(log.events(EventRequest(job_id=job_id, limit=EVENTS_OF_A_JOB)).events)
            is_whole = len(own_events) < EVENTS_OF_A_JOB
        gaps = find_gaps(own_events, traits, now, stalled_s, is_whole=is_whole)
        lives.append(replace(tell_life(job_id, own_events), gaps=tuple(gap.text for gap in gaps)))
    notes = [f"{len(events):,} events were looked through and there are more"] if is_cut else []
    return Lives(tuple(lives), tuple(notes), has_more=len(by_job) > limit)


def traits_of(events: Iterable[Event], *, own: bool) -> LogTraits:
    """Derive from events what is known of their log as a whole."""
    kinds: set[EventKind] = set()
    off: dict[str, list[datetime]] = {}
    for event in events:
        kinds.add(event.kind)
        if event.kind is EventKind.QUEUE_EVENTS_OFF and event.queue is not None:
            off.setdefault(event.queue.raw, []).append(event.at)
    return LogTraits(frozenset(kinds), own, off)


def group_by_job(events: Iterable[Event]) -> dict[str, list[Event]]:
    """Group events by job, each group in the given order."""
    by_job: dict[str, list[Event]] = {}
    for event in events:
        if event.job_id is not None:
            by_job.setdefault(event.job_id, []).append(event)
    return by_job


def tell_life(job_id: str, events: Sequence[Event]) -> Life:
    """Return when a job was created and reached the steps of its last run, from its events, newest first."""
    steps: dict[EventKind, datetime] = {}
    end: Event | None = None
    over: EventKind | None = None
    for event in in_turn(reversed(events)):
        # A short run has no JobStarted of its own: the event of its end holds the time of its start.
        is_untold = event.kind in _ENDS and (event.moment is not None or over in _PUT_BACK)
        if over is not None and (event.kind in _BEGINNINGS or is_untold):
            for kind in _STEPS[1:]:
                steps.pop(kind, None)
            end, over = None, None
        if event.kind in _ENDS:
            end = event
            steps[EventKind.JOB_COMPLETED] = event.at
            if event.moment is not None:
                steps.setdefault(EventKind.JOB_STARTED, event.moment)
        elif event.kind in _STEPS:
            steps[event.kind] = event.at
        over = event.kind if event.kind in _OVERS else over
    return Life(job_id, steps, None if end is None else end.kind)


def _word(event: Event) -> str:
    if event.kind is EventKind.OTHER and event.detail is not None:
        return event.detail.raw
    return event.kind.value


def describe_life(life: Life) -> dict[str, Any]:
    """Return a life as programs read it."""
    created, ended = life.at(EventKind.JOB_CREATED), life.at(EventKind.JOB_COMPLETED) if life.end else None
    started = life.at(EventKind.JOB_STARTED)
    return {
        "job": life.job_id,
        "created_at": _time(created),
        "scheduled_at": _time(life.at(EventKind.JOB_SCHEDULED)),
        "started_at": _time(started),
        "ended_at": _time(ended),
        "end": None if life.end is None else life.end.value,
        "waited_seconds": _between(created, started),
        "ran_seconds": _between(started, ended),
        "gaps": list(life.gaps),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    return None if begin is None or end is None else round((end - begin).total_seconds(), 3)
