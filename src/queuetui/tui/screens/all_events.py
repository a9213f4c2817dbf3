"""What happens in all systems: the newest events of every log in one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.errors import QueueTuiError
from queuetui.model.event import Event, EventPage, EventRequest
from queuetui.model.picture import Picture
from queuetui.model.text import sanitize
from queuetui.monitor.side_by_side import merge_events
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.all_systems import behind
from queuetui.tui.present.event_rows import EVENT_COLUMNS, EVENT_ORDER, event_pane, event_row
from queuetui.tui.present.frame import Heading
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.systems import short_names
from queuetui.tui.present.table import Cell, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.asked_list import AskedList
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import RowSelected
from queuetui.tui.widgets.told_pane import Teller

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.tui.session import ConsoleLink

# Of each system; its own list of events leads further back.
EVENTS_A_SYSTEM = 200


@dataclass(frozen=True, slots=True)
class AllEvents:
    """The newest events of each log that could be read, and why another was not."""

    pages: Mapping[ConsoleLink, EventPage] = field(default_factory=dict)
    refusals: Mapping[ConsoleLink, str] = field(default_factory=dict)


class AllEventsScreen(AskedList[AllEvents]):
    """Enter opens the job of an event in its own system."""

    PLACE = KeyPlace.ALL_EVENTS
    VIEW = "all_events"
    HEADING = "All systems > events"
    COLUMNS = behind("event", EVENT_COLUMNS)
    OWN_MARKS = EVENT_ORDER
    TOLD = "event"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.ALL_EVENTS)

    def __init__(self) -> None:
        super().__init__()
        self._events: dict[str, tuple[ConsoleLink, Event]] = {}

    @property
    def heading(self) -> Heading:
        """The first line, of no system in particular."""
        return replace(self.console.heading, title=f"all {len(self.console.links)} systems", backend="", grade="")

    def ask(self, feed: Feed) -> AllEvents:
        """Return the newest events of every log; a system that keeps none is left out."""
        pages: dict[ConsoleLink, EventPage] = {}
        refusals: dict[ConsoleLink, str] = {}
        for link in self.console.links:
            connection, capabilities = link.connection, link.capabilities
            if connection is None or capabilities is None or not capabilities.events:
                continue
            try:
                pages[link] = connection.feed.events(EventRequest(limit=EVENTS_A_SYSTEM))
            except QueueTuiError as error:
                refusals[link] = str(error)
        return AllEvents(pages, refusals)

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row an event, the newest first."""
        pages = {} if self.answer is None else self.answer.pages
        names = dict(zip(pages, short_names([link.reach.profile.title for link in pages]), strict=True))
        merged, _ = merge_events(pages)
        self._events = {f"{self.console.numbers[link]}:{event.cursor}": (link, event) for link, event in merged}
        return [self._row(key, names[link], link, event, picture) for key, (link, event) in self._events.items()]

    def _row(self, key: str, name: str, link: ConsoleLink, event: Event, picture: Picture) -> Row:
        workers = () if link.latest is None else link.latest.picture.snapshot.workers
        time, what, *others = event_row(event, picture.snapshot.now, workers).cells
        return Row(key, (time, what, Cell(sanitize(name)), *others))

    def empty_text(self, picture: Picture) -> str:
        """Return that nothing happened, or that nobody tells."""
        kept = self.answer is not None and self.answer.pages
        return "Nothing has happened yet, or events are off" if kept else "None of these systems keeps what happened"

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return of how many systems these are, and which could not be read."""
        if self.answer is None:
            return ()
        more = "+" if merge_events(self.answer.pages)[1] else ""
        told = f"{len(self._events):,}{more} events of {len(self.answer.pages)} of {len(self.console.links)} systems "
        missed = [f"{link.reach.profile.title}: {why} " for link, why in self.answer.refusals.items()]
        return [say(told, Tone.MUTED), *(say(one, Tone.WARNING) for one in missed)]

    def teller_of(self, key: str) -> Teller | None:
        """Return what tells of an event."""
        picture, found = self.picture, self._events.get(key)
        if found is None or picture is None:
            return None
        link, event = found
        workers = () if link.latest is None else link.latest.picture.snapshot.workers
        return lambda width, most: event_pane(event, picture.snapshot.now, workers, width, most)

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        link, chosen = self._events[event.key]
        if chosen.job_id is None:
            self.flash("This event is of no job", Tone.WARNING, about=About.CURSOR)
        else:
            self.console.open_job_of(link, chosen.job_id, "Events")
