"""Adds the start of each short run to the events that are shown.

The log has no event for the start of a run of less than a second: the event of its end holds the time of the start, from which the
start is derived here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from queuetui.model.event import WAITS_FOR_TIME, Event, EventKind, EventPage, EventRequest

# The start of a run that lasts longer is logged by the worker; see engine/dispatcher.py.
SHORT = timedelta(seconds=1)
# The cursor of a derived start is that of the event above it, from which a page continues, this mark, and that of the run's end.
MARK = "+"
_ENDS = frozenset(
    {
        EventKind.JOB_COMPLETED,
        EventKind.JOB_FAILED,
        EventKind.JOB_RETRIED,
        EventKind.JOB_SNOOZED,
        EventKind.JOB_CANCELLED,
    }
)
_TELLING = _ENDS | {EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED}
RunKey = tuple[str | None, int | None]


def asked_of_log(request: EventRequest) -> EventRequest:
    """Return the request that the log is asked with: for starts it asks for ends of runs too."""
    before = None if request.before is None else request.before.partition(MARK)[0]
    kinds = request.kinds | _TELLING if EventKind.JOB_STARTED in request.kinds else request.kinds
    return replace(request, before=before, kinds=kinds)


def shown_page(page: EventPage, request: EventRequest) -> EventPage:
    """Return a page with the derived starts, as far as the request asks for them and its limit allows."""
    taken, shown = len(page.events), RunStarts().shown(page.events, request.kinds)
    while len(shown) > request.limit and taken > 1:
        taken -= min(taken - 1, (len(shown) - request.limit + 1) // 2)
        shown = RunStarts().shown(page.events[:taken], request.kinds)
    return replace(page, events=shown[: request.limit], has_more=page.has_more or taken < len(page.events))


class RunStarts:
    """Derives starts page by page; it remembers the claims and starts of runs whose ends may follow."""

    def __init__(self) -> None:
        self._claimed: dict[RunKey, datetime] = {}
        self._started: set[RunKey] = set()

    def shown(self, events: Iterable[Event], kinds: frozenset[EventKind]) -> tuple[Event, ...]:
        """Return the events of the given kinds, newest first, with the starts derived from ends of runs."""
        known = tuple(events)
        if kinds and EventKind.JOB_STARTED not in kinds:
            return known
        for event in known:
            if event.kind is EventKind.JOB_SCHEDULED:
                self._claimed[_run_of(event)] = event.at
            elif event.kind is EventKind.JOB_STARTED:
                self._started.add(_run_of(event))
        expanded = tuple(one for one in self._expand(known) if not kinds or one.kind in kinds)
        for event in known:
            if event.kind in _ENDS:
                self._claimed.pop(_run_of(event), None)
                self._started.discard(_run_of(event))
        return expanded

    def _expand(self, events: Iterable[Event]) -> Iterator[Event]:
        waiting: list[Event] = []
        above = ""
        for event in events:
            due = [one for one in waiting if one.at >= event.at or one.job_id == event.job_id]
            waiting = [one for one in waiting if one not in due]
            yield from _placed(due, above)
            yield event
            above = event.cursor
            start = self._start_of(event)
            if start is not None:
                waiting.append(start)
        yield from _placed(waiting, above)

    def _start_of(self, end: Event) -> Event | None:
        """Return the start derived from an end, None if the log has an event for it or may have one."""
        run = _run_of(end)
        is_given_back = end.kind is EventKind.JOB_SNOOZED and end.detail is not None
        if end.kind not in _ENDS or end.fence is None or end.actor is not None or run in self._started or is_given_back:
            return None
        began_at = None if end.kind in WAITS_FOR_TIME else end.moment
        claimed_at = self._claimed.get(run)
        if claimed_at is None and (began_at is None or end.at - began_at >= SHORT):
            return None
        # The worker's clock may be behind the store's, so that the run seems to have begun before its claim.
        at = min(end.at, max(one for one in (began_at, claimed_at) if one is not None))
        return replace(end, at=at, kind=EventKind.JOB_STARTED, moment=at, detail=None)


def _placed(starts: Iterable[Event], above: str) -> Iterator[Event]:
    """Yield starts newest first, each with a cursor that continues after the event above them."""
    for start in sorted(starts, key=lambda one: one.at, reverse=True):
        yield replace(start, cursor=f"{above}{MARK}{start.cursor}")


def _run_of(event: Event) -> RunKey:
    return event.job_id, event.fence
