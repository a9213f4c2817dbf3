"""Events: the filter of the event log, and the jobs, queues and workers that its events lead to."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType

from queuetui.model.errors import BadQuery
from queuetui.model.event import EventKind
from queuetui.model.event_filter import EventFilter, parse_event_filter
from queuetui.model.text import sanitize
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.event_rows import (
    correlation_term,
    job_term,
)
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import worker_filter
from queuetui.tui.scope import Scope
from queuetui.tui.screens.event_list import EventList
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import RowSelected

_WITH_ERRORS = frozenset({EventKind.JOB_FAILED, EventKind.JOB_RETRIED})


class EventsScreen(EventList):
    """Enter opens the job of an event, or the jobs of its worker or queue."""

    PLACE = KeyPlace.EVENTS
    VIEW = "events"
    AUTO_FOCUS = "#events"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.EVENTS)

    # Filter

    def clear_one(self) -> bool:
        """Clear the filter; False when there is nothing to clear."""
        return self.clear_filter()

    def step_back(self) -> bool:
        """Show all events again; False when they are shown."""
        return self.clear_one()

    def apply_filter_text(self, text: str) -> None:
        """Show the events that a filter matches; an invalid filter changes nothing."""
        try:
            asked = parse_event_filter(text)
        except BadQuery as error:
            self.flash(str(error), Tone.CRITICAL, about=About.LIST)
            return
        self.narrow(asked)

    def narrow(self, asked: EventFilter) -> None:
        """Show the events that a filter matches, from the newest; may be called before the first paint."""
        if asked.job is None or _is_whole(asked.job):
            self.rescope(asked, asked.job)
        else:
            self._find_job(asked, asked.job)

    def _find_job(self, asked: EventFilter, suffix: str) -> None:
        def take(found: tuple[str, ...]) -> None:
            if not self.is_attached:
                return
            if len(found) == 1:
                self.rescope(asked, found[0])
            else:
                what = "several jobs have" if found else "no job here has"
                self.flash(
                    f"{what} an id that ends in {sanitize(suffix, 40)}; write more of it",
                    Tone.WARNING,
                    about=About.LIST,
                )

        self.console.find_jobs(suffix, take, self.miss)

    def action_trace(self) -> None:
        """Show all events with the correlation id of the event under the cursor."""
        event = self.event_under_cursor
        self._show_only(None if event is None else correlation_term(event), "This event has no correlation id")

    def action_only_job(self) -> None:
        """Show only the events of the job of the event under the cursor."""
        event = self.event_under_cursor
        self._show_only(None if event is None else job_term(event), "This event is of no job")

    def _show_only(self, term: str | None, else_say: str) -> None:
        if term is None:
            self.flash(else_say, Tone.WARNING, about=About.CURSOR)
        else:
            self.apply_filter_text(term)

    # Opening jobs, queues and workers

    @on(RowSelected)
    def _open(self) -> None:
        event = self.event_under_cursor
        if event is None:
            return
        self.follows = False
        if event.job_id is not None:
            self.console.open_job(event.job_id, "Error" if event.kind in _WITH_ERRORS else "Summary")
        elif event.worker is not None:
            self.console.open_jobs_in(Scope().filtered(worker_filter(event.worker)))
        elif event.queue is not None:
            self.console.open_jobs_in(Scope(queue=event.queue))


def _is_whole(job_id: str) -> bool:
    try:
        UUID(job_id)
    except ValueError:
        return False
    return True
