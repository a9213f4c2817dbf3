"""Events: what happens, the newest first; it follows at the top and stands still anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from queuetui.model.errors import BadQuery
from queuetui.model.event import Event, EventKind, EventPage, EventRequest
from queuetui.model.event_filter import FIELDS, EventFilter, parse_event_filter
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.text import sanitize
from queuetui.monitor.feed import EVENTS
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.event_scroll import MOST_EVENTS, PAGE_EVENTS, EventScroll
from queuetui.tui.present.event_rows import (
    EVENT_COLUMNS,
    EVENT_ORDER,
    correlation_term,
    event_pane,
    event_row,
    events_crumbs,
    job_term,
)
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import worker_filter
from queuetui.tui.scope import Scope
from queuetui.tui.screens.filtering import Filtering
from queuetui.tui.widgets.filter_bar import FilterBar
from queuetui.tui.widgets.job_table import ListTable
from queuetui.tui.widgets.status_line import OF_A_LIST, About
from queuetui.tui.widgets.table_messages import NearEnd, NearStart, RowHighlighted, RowSelected
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.widgets.told_pane import ToldPane

_EXAMPLE = "failed queue:mail job:5b1c0a event:retried,lost correlation:order-17"
_WITH_ERRORS = frozenset({EventKind.JOB_FAILED, EventKind.JOB_RETRIED})


class EventsScreen(Filtering):
    """Enter opens the job of an event, or the jobs of its worker or queue."""

    PLACE = KeyPlace.EVENTS
    VIEW = "events"
    AUTO_FOCUS = "#events"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.EVENTS)

    def __init__(self) -> None:
        super().__init__()
        self._filter = EventFilter()
        self._job_id: str | None = None
        self._scroll = EventScroll()
        self._follows = True
        self._is_reading = False
        self._picture: Picture | None = None
        self._notes: tuple[str, ...] = ()
        self._rows: list[Row] = []

    def compose_body(self) -> Iterable[Widget]:
        """Yield filter, table and all of the event under the cursor."""
        yield TextLines("crumbs")
        yield FilterBar("filter", parse_event_filter, FIELDS, _EXAMPLE)
        yield ListTable(EVENT_COLUMNS, id="events", empty_text=sanitize("reading ..."))
        yield ToldPane("event")

    @property
    def wanted(self) -> Watch:
        """The newest page of what matches."""
        return Watch(parts=self.PARTS, events=self._request)

    @property
    def _request(self) -> EventRequest:
        asked = self._filter
        return EventRequest(self._job_id, asked.queue, asked.correlation, asked.kinds, limit=PAGE_EVENTS)

    # Showing what was read

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the newest events, or how many there are above those that a person looks at."""
        if watch.events != self._request:
            return
        self._picture, self.has_read = picture, True
        page = picture.events
        if page is None:
            self._show_problem(picture.problems.get(EVENTS, "The events were not read."))
        elif self._follows and self._table.cursor_place == 0:
            self._follow(page, picture.snapshot)
        else:
            self._scroll.look_up(page)
        self._show_crumbs()
        self._show_event()

    def _follow(self, page: EventPage, snapshot: Snapshot) -> None:
        self._scroll.follow(page)
        self._notes = page.notes
        self._rows = [event_row(event, snapshot.now, snapshot.workers) for event in page.events]
        self._table.show_empty_text(sanitize(self._empty_sentence(), 300))
        self._table.set_rows(self._rows, cursor_key=self._rows[0].key if self._rows else None)
        self._table.show_order(EVENT_ORDER)

    def _show_problem(self, reason: str) -> None:
        self._scroll.follow(EventPage(()))
        self._rows = []
        self._table.show_empty_text(sanitize(reason, 300))
        self._table.set_rows([])

    def _empty_sentence(self) -> str:
        if self._filter.text:
            return "No event matches this filter; they may be off for a queue (queuetui queues events). Esc clears it."
        return "Nothing has happened yet, or events are off: queuetui queues events QUEUE on"

    def _show_crumbs(self) -> None:
        picture = self._picture
        is_kept = picture is None or EVENTS not in picture.problems
        self.show_lines(
            "#crumbs",
            events_crumbs(
                self._filter.text,
                self._scroll,
                self._notes,
                self.app.size.width,
                follows=self._follows,
                is_kept=is_kept,
            ),
        )

    @on(RowHighlighted)
    def _see_where(self) -> None:
        if self._table.cursor_place == 0:
            self._follow_again()
        else:
            self._follows = False
        self._show_crumbs()
        self._show_event()

    def _show_event(self) -> None:
        event, picture = self._event, self._picture
        pane = self.query_one("#event", ToldPane)
        if event is None or picture is None:
            pane.tell(None, None)
            return
        now, workers = picture.snapshot.now, picture.snapshot.workers
        pane.tell(event.cursor, lambda width, most: event_pane(event, now, workers, width, most))

    @property
    def _event(self) -> Event | None:
        """The event under the cursor."""
        place = self._table.cursor_place
        return self._scroll.events[place] if place < len(self._scroll.events) else None

    @property
    def _table(self) -> ListTable:
        return self.query_one("#events", ListTable)

    # Going down and up again

    @on(NearStart)
    def _follow_again(self) -> None:
        if self._table.cursor_place == 0 and not self._follows:
            self._follows = True
            self.console.read_again()

    @on(NearEnd)
    def _reach_down(self) -> None:
        connection, scroll, asked = self.console.connection, self._scroll, self._request
        if connection is None or self._is_reading or not scroll.has_more or not scroll.events:
            return
        if scroll.is_full:
            self.flash(
                f"{MOST_EVENTS:,} events are held here; a filter (/) leads to older ones",
                Tone.WARNING,
                about=About.LIST,
            )
            return
        self._is_reading = True
        older = replace(asked, before=scroll.events[-1].cursor)
        self.console.calls.send(
            lambda: connection.feed.events(older), lambda page: self._take_older(page, older), self._miss
        )

    def _take_older(self, page: EventPage, asked: EventRequest) -> None:
        self._is_reading = False
        last = self._scroll.events[-1].cursor if self._scroll.events else None
        is_next = asked == replace(self._request, before=last)
        picture = self._picture
        if not self.is_attached or not is_next or picture is None:
            return
        self._follows = False
        self._scroll.extend(page)
        now, workers = picture.snapshot.now, picture.snapshot.workers
        older = self._scroll.events[len(self._rows) :]
        self._rows = [*self._rows, *(event_row(event, now, workers) for event in older)]
        self._table.set_rows(self._rows)
        self._show_crumbs()

    def _miss(self, reason: str) -> None:
        self._is_reading = False
        if self.is_attached:
            self.flash(reason, Tone.CRITICAL, about=About.LIST)

    # Filter

    def clear_one(self) -> bool:
        """Clear the filter; False when there is nothing to clear."""
        return self.clear_filter()

    def step_back(self) -> bool:
        """Show all events again; False when they are shown."""
        return self.clear_one()

    @property
    def filter_text(self) -> str:
        """The filter that is shown."""
        return self._filter.text

    def apply_filter_text(self, text: str) -> None:
        """Show what a text asks for; one that cannot be read changes nothing."""
        try:
            asked = parse_event_filter(text)
        except BadQuery as error:
            self.flash(str(error), Tone.CRITICAL, about=About.LIST)
            return
        self.narrow(asked)

    def narrow(self, asked: EventFilter) -> None:
        """Show what a filter asks for, from its top; may be asked before the screen was ever shown."""
        if asked.job is None or _is_whole(asked.job):
            self._narrow(asked, asked.job)
        else:
            self._find_job(asked, asked.job)

    def _find_job(self, asked: EventFilter, suffix: str) -> None:
        def take(found: tuple[str, ...]) -> None:
            if not self.is_attached:
                return
            if len(found) == 1:
                self._narrow(asked, found[0])
            else:
                what = "several jobs have" if found else "no job here has"
                self.flash(
                    f"{what} an id that ends in {sanitize(suffix, 40)}; write more of it",
                    Tone.WARNING,
                    about=About.LIST,
                )

        self.console.find_jobs(suffix, take, self._miss)

    def _narrow(self, asked: EventFilter, job_id: str | None) -> None:
        if (asked, job_id) == (self._filter, self._job_id):
            return
        self._filter, self._job_id = asked, job_id
        self._follows = True
        self.console.read_again()
        if self.query("#events"):
            self.status.end_about(*OF_A_LIST)
            self._table.action_first()
            self._show_crumbs()

    def action_trace(self) -> None:
        """Show all that has the correlation id of the event under the cursor."""
        event = self._event
        self._show_only(None if event is None else correlation_term(event), "This event has no correlation id")

    def action_only_job(self) -> None:
        """Show the events of one job alone."""
        event = self._event
        self._show_only(None if event is None else job_term(event), "This event is of no job")

    def _show_only(self, term: str | None, else_say: str) -> None:
        if term is None:
            self.flash(else_say, Tone.WARNING, about=About.CURSOR)
        else:
            self.apply_filter_text(term)

    # Looking closer

    @on(RowSelected)
    def _open(self) -> None:
        event = self._event
        if event is None:
            return
        self._follows = False
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
