"""The events of all systems: the newest events of every log in one list."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.event import Event, EventPage, EventRequest
from queuetui.model.picture import Picture
from queuetui.model.text import sanitize
from queuetui.monitor.side_by_side import merge_events
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.all_systems import behind
from queuetui.tui.present.event_rows import EVENT_COLUMNS, EVENT_ORDER, event_pane, event_row
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.systems import short_names
from queuetui.tui.present.table import Cell, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.of_all import OfAllSystems
from queuetui.tui.screens.periodic_list import PeriodicList
from queuetui.tui.widgets.row_pane import RowRenderer
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import RowSelected

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.model.worker import WorkerInfo
    from queuetui.monitor.feed import Feed
    from queuetui.tui.present.systems import SystemRow
    from queuetui.tui.session import ConsoleLink

# The limit for each system; the Events view of a system shows older ones.
EVENTS_A_SYSTEM = 200


@dataclass(frozen=True, slots=True)
class AllEvents:
    """The newest events of each log, or why it could not be read."""

    pages: Mapping[ConsoleLink, EventPage] = field(default_factory=dict)
    refusals: Mapping[ConsoleLink, str] = field(default_factory=dict)


class AllEventsScreen(OfAllSystems, PeriodicList[AllEvents]):
    """Enter opens the job of an event in its own system."""

    PLACE = KeyPlace.ALL_EVENTS
    VIEW = "all_events"
    HEADING = "All systems > events"
    COLUMNS = behind("event", EVENT_COLUMNS)
    OWN_MARKS = EVENT_ORDER
    ROW_PANE = "event"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.ALL_EVENTS)

    def __init__(self) -> None:
        super().__init__()
        self._events: dict[str, tuple[ConsoleLink, Event]] = {}
        self._asking: set[ConsoleLink] = set()

    @property
    def waiting_text(self) -> str:
        """The sentence shown in place of rows until some have been read."""
        return "reading ..." if self.is_live else super().waiting_text

    def show_systems(self, rows: Sequence[SystemRow]) -> None:
        """Show the state of the systems, and read the others also while the shown one does not answer."""
        read = next((link.latest for link in self.console.links if link.state.is_live and link.latest), None)
        if read is not None and not self.console.frozen:
            self.show_frame()
            self.show_picture(read.picture, read.watch)

    def ask_anew(self) -> None:
        """Ask each live system for its log in its own thread, so that none waits for another."""
        self.asked_at = time.monotonic()
        links = [link for link in self.console.links if link.state.is_live and _keeps_events(link)]
        self._asking &= set(links)
        if not links and self.answer is None:
            self.take_answer(AllEvents())
        for link in links:
            if link not in self._asking and link.connection is not None:
                self._ask_of(link, link.connection.feed)

    def _ask_of(self, link: ConsoleLink, feed: Feed) -> None:
        self._asking.add(link)
        link.calls.read(
            lambda: feed.events(EventRequest(limit=EVENTS_A_SYSTEM)),
            lambda page: self._keep(link, page),
            lambda reason: self._keep(link, reason),
        )

    def _keep(self, link: ConsoleLink, told: EventPage | str) -> None:
        """Replace a system's log, or its error, by a newer one."""
        self._asking.discard(link)
        before = self.answer or AllEvents()
        pages = {one: page for one, page in before.pages.items() if one is not link}
        refusals = {one: why for one, why in before.refusals.items() if one is not link}
        if isinstance(told, str):
            refusals[link] = told
        else:
            pages[link] = told
        self.take_answer(AllEvents({one: pages[one] for one in self.console.links if one in pages}, refusals))

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row an event, the newest first."""
        pages = {} if self.answer is None else self.answer.pages
        names = dict(zip(pages, short_names([link.reach.profile.title for link in pages]), strict=True))
        merged, _ = merge_events(pages)
        self._events = {f"{self.console.numbers[link]}:{event.cursor}": (link, event) for link, event in merged}
        return [self._row(key, names[link], link, event) for key, (link, event) in self._events.items()]

    def _row(self, key: str, name: str, link: ConsoleLink, event: Event) -> Row:
        at, what, *others = event_row(event, *_clock_and_workers(link, event)).cells
        return Row(key, (at, what, Cell(sanitize(name)), *others))

    def empty_text(self, picture: Picture) -> str:
        """Return the sentence for no events, or for no system that keeps a log."""
        kept = self.answer is not None and self.answer.pages
        return "Nothing has happened yet, or events are off" if kept else "None of these systems keeps what happened"

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many systems the events come from, and which logs could not be read."""
        if self.answer is None:
            return ()
        more = "+" if merge_events(self.answer.pages)[1] else ""
        told = f"{len(self._events):,}{more} events of {len(self.answer.pages)} of {len(self.console.links)} systems "
        missed = [f"{link.reach.profile.title}: {why} " for link, why in self.answer.refusals.items()]
        missed += [
            f"{link.reach.profile.title} does not answer; its events are old "
            for link in self.answer.pages
            if not link.state.is_live and link not in self.answer.refusals
        ]
        return [say(told, Tone.MUTED), *(say(one, Tone.WARNING) for one in missed)]

    def renderer_of(self, key: str) -> RowRenderer | None:
        """Return the function that renders an event in the pane."""
        found = self._events.get(key)
        if found is None:
            return None
        link, event = found
        return lambda width, most: event_pane(event, *_clock_and_workers(link, event), width, most)

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        link, chosen = self._events[event.key]
        if chosen.job_id is None:
            self.flash("This event is of no job", Tone.WARNING, about=About.CURSOR)
        else:
            self.console.open_job_of(link, chosen.job_id, "Events")


def _keeps_events(link: ConsoleLink) -> bool:
    return link.capabilities is not None and link.capabilities.events


def _clock_and_workers(link: ConsoleLink, event: Event) -> tuple[datetime, Sequence[WorkerInfo]]:
    """Return the clock and the workers of an event's system, from its latest reading."""
    if link.latest is None:
        return event.at, ()
    snapshot = link.latest.picture.snapshot
    return snapshot.now, snapshot.workers
