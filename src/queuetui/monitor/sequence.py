"""Checks the order of one job's events, and finds steps that are missing between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from queuetui.model.event import Event, EventKind
from queuetui.monitor.diagnosis.words import span


class GapKind(StrEnum):
    """What is wrong with the sequence of a job's events."""

    NEVER_ASSIGNED = "never_assigned"
    NEVER_STARTED = "never_started"
    NEVER_ENDED = "never_ended"
    STEP_MISSING = "step_missing"
    IMPOSSIBLE_ORDER = "impossible_order"


@dataclass(frozen=True, slots=True)
class Gap:
    """One fault in the sequence of a job's events.

    `event` is the last event before it. `is_open` means that the missing event may still come.
    """

    kind: GapKind
    text: str
    event: Event
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class LogTraits:
    """What is known of a log as a whole.

    `told` are the event kinds that the log writes at all: no other kind can be missing. In a log of our `own` each event is written
    in the transaction that changes the job. `off` holds the times at which the events of a queue were switched off.
    """

    told: frozenset[EventKind]
    own: bool
    off: Mapping[str, Sequence[datetime]] = field(default_factory=dict)


class _Stage(StrEnum):
    UNKNOWN = "unknown"
    WAITING = "waiting"
    ASSIGNED = "assigned"
    RUNNING = "running"
    ENDED = "ended"


_CREATED, _SCHEDULED, _STARTED = EventKind.JOB_CREATED, EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED
_ENDS = frozenset({EventKind.JOB_COMPLETED, EventKind.JOB_FAILED})
_STAGES: Mapping[EventKind, _Stage] = {
    _CREATED: _Stage.WAITING,
    EventKind.JOB_DUE: _Stage.WAITING,
    EventKind.JOB_RETRIED: _Stage.WAITING,
    EventKind.JOB_SNOOZED: _Stage.WAITING,
    EventKind.JOB_RELEASED: _Stage.WAITING,
    EventKind.JOB_LOST: _Stage.WAITING,
    _SCHEDULED: _Stage.ASSIGNED,
    _STARTED: _Stage.RUNNING,
    EventKind.JOB_COMPLETED: _Stage.ENDED,
    EventKind.JOB_FAILED: _Stage.ENDED,
    EventKind.JOB_CANCELLED: _Stage.ENDED,
    EventKind.JOB_DELETED: _Stage.ENDED,
}
_STALLS = {
    _Stage.WAITING: GapKind.NEVER_ASSIGNED,
    _Stage.ASSIGNED: GapKind.NEVER_STARTED,
    _Stage.RUNNING: GapKind.NEVER_ENDED,
}


class _Walk:
    """Walks through one job's events from the oldest to the newest, and keeps the job's stage."""

    def __init__(self, events: Sequence[Event], traits: LogTraits) -> None:
        self._traits = traits
        self._kinds = frozenset(event.kind for event in events)
        self._reported: set[EventKind] = set()
        self.stage = _Stage.UNKNOWN
        self.last: Event | None = None

    def knows(self, kind: EventKind) -> bool:
        """Tell whether the job has an event of a kind."""
        return kind in self._kinds

    def step(self, event: Event) -> Iterator[Gap]:
        """Go on to the next event; yield what is wrong with it at this place."""
        last, stage = self.last, self.stage
        if last is not None and self.was_off(last, event.at):
            stage = _Stage.UNKNOWN
        if last is not None and stage is not _Stage.UNKNOWN:
            yield from self._judge(event, last, stage)
        self.stage, self.last = _STAGES[event.kind], event

    def was_off(self, last: Event, until: datetime) -> bool:
        """Tell whether the queue's events were switched off between the event `last` and a time."""
        queue = "" if last.queue is None else last.queue.raw
        return any(last.at <= at <= until for at in self._traits.off.get(queue, ()))

    def _judge(self, event: Event, last: Event, stage: _Stage) -> Iterator[Gap]:
        kind = event.kind
        if kind is _CREATED:
            yield self._order(f"JobCreated after {last.kind}", last)
        elif kind in {_SCHEDULED, _STARTED}:
            yield from self._judge_run(event, last, stage)
        elif kind in _ENDS:
            yield from self._judge_end(event, last, stage)

    def _judge_run(self, event: Event, last: Event, stage: _Stage) -> Iterator[Gap]:
        """Judge a claim, or the start of a run."""
        if stage is _Stage.ENDED:
            goes_on = last.kind is not EventKind.JOB_COMPLETED and EventKind.JOB_RETRIED not in self._traits.told
            if event.kind not in self._reported and not goes_on:
                yield self._order(f"{event.kind} after {last.kind}", last)
        elif stage is _Stage.RUNNING or (stage is _Stage.ASSIGNED and event.kind is _SCHEDULED):
            yield Gap(GapKind.NEVER_ENDED, f"{last.kind} and no end before the next {event.kind}", last)
        elif stage is _Stage.WAITING and event.kind is _STARTED:
            yield from self._missing(_SCHEDULED, event, last)

    def _judge_end(self, event: Event, last: Event, stage: _Stage) -> Iterator[Gap]:
        if stage is _Stage.ENDED:
            # Another product may log one end as two events.
            if self._traits.own or event.kind is not last.kind:
                yield self._order(f"{event.kind} after {last.kind}", last)
        # Our own queue fails a job without a run once it has waited past its deadline or was lost too often.
        elif stage is _Stage.WAITING and not (self._traits.own and event.kind is EventKind.JOB_FAILED):
            yield from self._missing(_SCHEDULED, event, last)
            if event.moment is None:
                yield from self._missing(_STARTED, event, last)
        # A short run has no JobStarted of its own: the event of its end holds the time of its start.
        elif stage is _Stage.ASSIGNED and event.moment is None:
            yield from self._missing(_STARTED, event, last)

    def _missing(self, kind: EventKind, event: Event, last: Event) -> Iterator[Gap]:
        if kind is _SCHEDULED and kind not in self._traits.told:
            return
        self._reported.add(kind)
        if kind in self._kinds and not self._traits.own:
            yield self._order(f"{event.kind} before {kind}", last)
        else:
            yield Gap(GapKind.STEP_MISSING, f"no {kind}", last)

    @staticmethod
    def _order(text: str, last: Event) -> Gap:
        return Gap(GapKind.IMPOSSIBLE_ORDER, text, last)


def find_gaps(
    events: Sequence[Event], traits: LogTraits, now: datetime, limit_s: float, *, is_whole: bool = False
) -> tuple[Gap, ...]:
    """Return what is wrong with a job's events, which are given newest first.

    A job that waits or runs is not reported before `limit_s`. `is_whole` tells that these are all events of the job; in another
    product's log the first of them must then be JobCreated.
    """
    walk, found = _Walk(events, traits), list[Gap]()
    steps = [event for event in reversed(events) if event.kind in _STAGES]
    if is_whole and not traits.own and steps and not walk.knows(_CREATED):
        found.append(Gap(GapKind.STEP_MISSING, f"no {_CREATED}", steps[0]))
    for event in in_turn(steps):
        found += walk.step(event)
    return (*found, *_stall(walk, now, limit_s))


def in_turn(steps: Iterable[Event]) -> Iterator[Event]:
    """Yield a job's events, oldest first, without late ones of a run that was followed by another.

    A worker that lost its lease still logs the end of its run when it comes back, and another worker may have the job by then.
    """
    fence = 0
    for event in steps:
        if event.fence is None or event.fence >= fence:
            fence = event.fence or fence
            yield event


def _stall(walk: _Walk, now: datetime, limit_s: float) -> Iterator[Gap]:
    last, kind = walk.last, _STALLS.get(walk.stage)
    if last is None or kind is None or walk.was_off(last, now):
        return
    since = last.at
    if kind is GapKind.NEVER_ASSIGNED and last.moment is not None:
        since = max(since, last.moment)
    if now - since > timedelta(seconds=limit_s):
        text = f"{last.kind} and nothing since for {span((now - since).total_seconds())}"
        yield Gap(kind, text, last, is_open=True)
