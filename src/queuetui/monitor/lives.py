"""The life of each job in one row, told by its events.

Steps that are missing or out of order are its gaps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from queuetui.backends.events import EventLog
from queuetui.model.clock import to_text
from queuetui.model.event import Event, EventKind, EventRequest
from queuetui.monitor.follower import EVENTS_A_PAGE, MOST_A_LOOK

_ENDS = frozenset({EventKind.JOB_COMPLETED, EventKind.JOB_FAILED})
_STEPS = (EventKind.JOB_CREATED, EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED, EventKind.JOB_COMPLETED)
# What a job tells itself of, when it is read alone.
_EVENTS_OF_A_JOB = 200


@dataclass(frozen=True, slots=True)
class Life:
    """When a job came to each step for the last time.

    `end` is how it ended, `gaps` what is missing in its events.
    """

    job_id: str
    steps: dict[EventKind, datetime] = field(default_factory=dict)
    end: EventKind | None = None
    gaps: tuple[str, ...] = ()

    def at(self, kind: EventKind) -> datetime | None:
        """Return when it came to a step."""
        return self.steps.get(kind)


@dataclass(frozen=True, slots=True)
class Lives:
    """The lives that were found; `notes` say what bounds the answer."""

    lives: tuple[Life, ...]
    notes: tuple[str, ...] = ()


def read_recent(log: EventLog, since: datetime | None) -> tuple[list[Event], bool]:
    """Return the events since a time, newest first, and whether there are more than are looked through."""
    found: list[Event] = []
    before: str | None = None
    while len(found) < MOST_A_LOOK:
        page = log.events(EventRequest(since=since, before=before, limit=EVENTS_A_PAGE))
        found += page.events
        if not page.has_more:
            return found, False
        before = page.last
    return found, True


def count_kinds(events: Iterable[Event]) -> dict[str, int]:
    """Return how many there are of each kind, the most frequent first; of others by the log's own word."""
    return dict(Counter(_word(event) for event in events).most_common())


def read_lives(log: EventLog, now: datetime, since: datetime | None, limit: int, stalled_s: float) -> Lives:
    """Return the lives of the jobs that something happened to since a time, the latest first.

    A job whose beginning lies further back is read alone.
    """
    events, is_cut = read_recent(log, since)
    told = frozenset(event.kind for event in events)
    by_job: dict[str, list[Event]] = {}
    for event in events:
        if event.job_id is not None:
            by_job.setdefault(event.job_id, []).append(event)
    lives = []
    for job_id, own in list(by_job.items())[:limit]:
        if not any(event.kind is EventKind.JOB_CREATED for event in own):
            own = list(log.events(EventRequest(job_id=job_id, limit=_EVENTS_OF_A_JOB)).events)  # noqa: PLW2901 - all of it
        lives.append(tell_life(job_id, own, told, now, stalled_s))
    notes = [f"{len(events):,} events were looked through and there are more"] if is_cut else []
    if len(by_job) > limit:
        notes.append(f"{limit:,} jobs are shown and there are more; ask for more with --limit")
    return Lives(tuple(lives), tuple(notes))


def tell_life(
    job_id: str, events: Sequence[Event], told: frozenset[EventKind], now: datetime, stalled_s: float
) -> Life:
    """Return the life that a job's events, newest first, tell.

    Of `told`, the kinds that the log tells at all, only what is there can be missed.
    """
    steps: dict[EventKind, datetime] = {}
    end: Event | None = None
    for event in reversed(events):
        if event.kind in _STEPS or event.kind in _ENDS:
            steps[EventKind.JOB_COMPLETED if event.kind in _ENDS else event.kind] = event.at
        end = event if event.kind in _ENDS else end
    if end is not None and end.moment is not None:
        # A short run has no JobStarted of its own: its end tells when it began.
        steps.setdefault(EventKind.JOB_STARTED, end.moment)
    life = Life(job_id, steps, None if end is None else end.kind)
    ran_again = end is not None and any(event.at > end.at and event.kind in _STEPS for event in events)
    is_once = all(number == 1 for number in Counter(event.kind for event in events).values())
    life = replace(life, end=None if ran_again else life.end)
    return replace(
        life, gaps=(*_missing(life, told), *(_disorder(life) if is_once else ()), *_stall(life, now, stalled_s))
    )


def _missing(life: Life, told: frozenset[EventKind]) -> Iterable[str]:
    last = max((place for place, kind in enumerate(_STEPS) if kind in life.steps), default=0)
    for kind in _STEPS[:last]:
        if kind not in life.steps and (kind in told or kind is not EventKind.JOB_SCHEDULED):
            yield f"no {kind}"


def _disorder(life: Life) -> Iterable[str]:
    there = [kind for kind in _STEPS if kind in life.steps]
    for before, after in pairwise(there):
        if life.steps[before] > life.steps[after]:
            yield f"{_name(after, life)} before {before}"


def _stall(life: Life, now: datetime, stalled_s: float) -> Iterable[str]:
    if life.end is not None or not life.steps:
        return
    last = max(
        (kind for kind in life.steps if kind is not EventKind.JOB_COMPLETED),
        key=lambda kind: (life.steps[kind], _STEPS.index(kind)),
        default=None,
    )
    if last is not None and now - life.steps[last] > timedelta(seconds=stalled_s):
        yield f"{last} and nothing since for {(now - life.steps[last]).total_seconds():.0f} s"


def _name(kind: EventKind, life: Life) -> str:
    return (life.end or kind).value if kind is EventKind.JOB_COMPLETED else kind.value


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
