"""A live list of events: with the cursor on its first row it follows the log, else it stands still.

    each poll: the newest page ── follows ──> EventScroll.events ──> rows of the table, newest first
                    │                              ^
                    └─ stands still ──> counted above the rows        a page of older ones, read when the cursor nears the end

Only the cursor decides whether the list follows. An event never changes, so none is read twice: older pages are appended
to the rows that are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from textual import on
from textual.widget import Widget

from queuetui.model.event import Event, EventPage, EventRequest
from queuetui.model.event_filter import FIELDS, EventFilter, parse_event_filter
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.text import sanitize
from queuetui.monitor.feed import EVENTS
from queuetui.tui.event_scroll import MOST_EVENTS, PAGE_EVENTS, EventScroll
from queuetui.tui.present.event_rows import EVENT_COLUMNS, EVENT_ORDER, event_pane, event_row, events_crumbs
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.filtering import Filtering
from queuetui.tui.widgets.filter_bar import FilterBar
from queuetui.tui.widgets.job_table import ListTable
from queuetui.tui.widgets.row_pane import RowPane
from queuetui.tui.widgets.status_line import OF_A_LIST, About
from queuetui.tui.widgets.table_messages import NearEnd, NearStart, RowHighlighted
from queuetui.tui.widgets.text_lines import TextLines

_EXAMPLE = "failed queue:mail job:5b1c0a event:retried,lost correlation:order-17"


class EventList(Filtering):
    """Reads the events of one filter and of at most one job."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = EventFilter()
        self._job_id: str | None = None
        self._scroll = EventScroll()
        self.follows = True
        self._is_reading = False
        self._picture: Picture | None = None
        self._notes: tuple[str, ...] = ()
        self._rows: list[Row] = []

    def compose_body(self) -> Iterable[Widget]:
        """Yield the filter, the table, and the pane about the event under the cursor."""
        yield TextLines("crumbs")
        yield FilterBar("filter", parse_event_filter, FIELDS, _EXAMPLE)
        yield ListTable(EVENT_COLUMNS, id="events", empty_text=sanitize("reading ..."))
        yield RowPane("event")

    @property
    def wanted(self) -> Watch:
        """The newest page of the matching events."""
        return Watch(parts=self.PARTS, events=self._request)

    @property
    def _request(self) -> EventRequest:
        asked = self.asked
        return EventRequest(self._job_id, asked.queue, asked.correlation, asked.kinds, limit=PAGE_EVENTS)

    # Showing what was read

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the newest events, or, while the list stands still, how many are newer than its rows."""
        if watch.events != self._request:
            return
        self._picture, self.has_read = picture, True
        page = picture.events
        if page is None:
            self._show_problem(picture.problems.get(EVENTS, "The events were not read."))
        elif self.follows and self._table.cursor_place == 0:
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
        if self.asked.text:
            return "No event matches this filter; they may be off for a queue (queuetui queues events). Esc clears it."
        return "Nothing has happened yet, or events are off: queuetui queues events QUEUE on"

    def _show_crumbs(self) -> None:
        picture = self._picture
        is_kept = picture is None or EVENTS not in picture.problems
        self.show_lines(
            "#crumbs",
            events_crumbs(
                self.asked.text,
                self._scroll,
                self._notes,
                self.app.size.width,
                follows=self.follows,
                is_kept=is_kept,
            ),
        )

    @on(RowHighlighted)
    def _see_where(self) -> None:
        if self._table.cursor_place == 0:
            self._follow_again()
        else:
            self.follows = False
        self._show_crumbs()
        self._show_event()

    def _show_event(self) -> None:
        event, picture = self.event_under_cursor, self._picture
        pane = self.query_one("#event", RowPane)
        if event is None or picture is None:
            pane.show_row(None, None)
            return
        now, workers = picture.snapshot.now, picture.snapshot.workers
        pane.show_row(event.cursor, lambda width, most: event_pane(event, now, workers, width, most))

    @property
    def event_under_cursor(self) -> Event | None:
        """The event under the cursor."""
        place = self._table.cursor_place
        return self._scroll.events[place] if place < len(self._scroll.events) else None

    @property
    def _table(self) -> ListTable:
        return self.query_one("#events", ListTable)

    # Reading older events, and following again

    @on(NearStart)
    def _follow_again(self) -> None:
        if self._table.cursor_place == 0 and not self.follows:
            self.follows = True
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
        self.console.calls.read(
            lambda: connection.feed.events(older), lambda page: self._take_older(page, older), self.miss
        )

    def _take_older(self, page: EventPage, asked: EventRequest) -> None:
        self._is_reading = False
        last = self._scroll.events[-1].cursor if self._scroll.events else None
        is_next = asked == replace(self._request, before=last)
        picture = self._picture
        if not self.is_attached or not is_next or picture is None:
            return
        self.follows = False
        self._scroll.extend(page)
        now, workers = picture.snapshot.now, picture.snapshot.workers
        older = self._scroll.events[len(self._rows) :]
        self._rows = [*self._rows, *(event_row(event, now, workers) for event in older)]
        self._table.set_rows(self._rows)
        self._show_crumbs()

    def miss(self, reason: str) -> None:
        """Say why older events could not be read."""
        self._is_reading = False
        if self.is_attached:
            self.flash(reason, Tone.CRITICAL, about=About.LIST)

    # Choosing what is read

    def rescope(self, asked: EventFilter, job_id: str | None) -> None:
        """Show the events of another filter, from its top."""
        if (asked, job_id) == (self.asked, self._job_id):
            return
        self.asked, self._job_id = asked, job_id
        self.follows = True
        self.console.read_again()
        if self.query("#events"):
            self.status.end_about(*OF_A_LIST)
            self._table.action_first()
            self._show_crumbs()

    @property
    def filter_text(self) -> str:
        """The filter that is shown."""
        return self.asked.text
