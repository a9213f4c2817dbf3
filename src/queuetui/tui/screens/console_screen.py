"""The base of every full screen: the first line, the status line and the footer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget

from queuetui.model.job import Job
from queuetui.model.page import PageRequest
from queuetui.model.picture import Picture, Warned
from queuetui.model.snapshot import Part, Watch
from queuetui.model.text import sanitize
from queuetui.tui.actions import ACTIONS, Action, KeyPlace
from queuetui.tui.present.ages import age_text
from queuetui.tui.present.alarm_lines import strip_lines
from queuetui.tui.present.emptiness import waiting_sentence
from queuetui.tui.present.frame import footer_line, heading_line, lost_lines
from queuetui.tui.present.lines import TextLine, line_of, say
from queuetui.tui.present.tones import Tone
from queuetui.tui.screen_removal import RemovableScreen
from queuetui.tui.widgets.job_table import JobTable
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.row_pane import RowPane
from queuetui.tui.widgets.status_line import About, StatusLine
from queuetui.tui.widgets.table_messages import RowHighlighted
from queuetui.tui.widgets.text_lines import HeadingLines, TextLines
from queuetui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.tui.host import ConsoleHost
    from queuetui.tui.present.frame import Heading
    from queuetui.tui.present.systems import SystemRow
    from queuetui.tui.session import ConsoleLink

SENTENCE_CAP = 2000
LEAST_CELLS = 60
LEAST_LINES = 15
# Rows younger than this are not marked as older: a poll may lie between.
_OLDER_S = 10.0


class ConsoleScreen(RemovableScreen[None], inherit_bindings=False):
    """A full screen; while it is on top, it is shown every new picture."""

    PLACE: ClassVar[KeyPlace]
    VIEW: ClassVar[str] = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (160, "-broad")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall"), (45, "-high")]
    PARTS: ClassVar[frozenset[Part]] = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS})
    SHOWS_ALL: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.has_read = False
        # Made before the screen is mounted: it may be told something while the screen opens.
        self.status = StatusLine("status")

    @property
    def console(self) -> ConsoleHost:
        """The application, as screens see it."""
        return cast("ConsoleHost", self.app)

    def compose(self) -> ComposeResult:
        """Lay out the frame round the body."""
        with Horizontal(id="top"):
            yield HeadingLines("heading")
            yield HeadingLines("clock")
        yield from self.compose_body()
        yield TextLines("alarms")
        yield self.status
        yield TextLines("footer")
        yield TextLines("too-small")

    def compose_body(self) -> Iterable[Widget]:
        """Yield the widgets between the first line and the status line."""
        return ()

    # The interface for the application

    @property
    def page_request(self) -> PageRequest | None:
        """The page that this screen wants read."""
        return None

    @property
    def wanted(self) -> Watch:
        """The parts of the store that this screen wants read."""
        return Watch(page=self.page_request, parts=self.PARTS)

    @property
    def targets(self) -> Sequence[Job]:
        """The jobs that an act would apply to, as they were last read."""
        return ()

    def show_alarms(self, alarms: Sequence[Warned]) -> None:
        """Show the alarms about queues and workers, on every screen."""
        self.show_lines("#alarms", strip_lines(alarms, self.app.size.width))

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show a picture; `watch` is the request it answers, which may differ from what is wanted now."""

    def show_systems(self, rows: Sequence[SystemRow]) -> None:
        """Show the state of every link, if this screen lists them."""

    def ask_anew(self) -> None:
        """Read what polls do not read, if this screen shows such data."""

    @property
    def waiting_text(self) -> str:
        """The sentence shown in place of rows until some have been read."""
        return waiting_sentence(self.console.link, frozen=self.console.frozen)

    @property
    def is_stale(self) -> bool:
        """Whether the rows are older than the rest of the picture."""
        return False

    def clear_one(self) -> bool:
        """Clear the filter, else the marks; return False if the screen has neither to clear."""
        return False

    def step_back(self) -> bool:
        """Undo the last step that the second line shows; return False if it shows none."""
        return False

    def refuse(self, link: ConsoleLink, reason: str) -> None:
        """Say why a link's store cannot answer the request of this screen."""
        self.flash(reason, Tone.CRITICAL, about=About.LIST)

    def action_scroll_pane(self, lines: int) -> None:
        """Scroll the pane about the row under the cursor."""
        for pane in self.query(RowPane):
            pane.scroll_lines(lines)

    # The frame

    def on_mount(self) -> None:
        """Paint the frame before anything has been read."""
        self.set_class(bool(self.console.profile.colour), "-coloured")
        self.query_one("#too-small", TextLines).show(
            [line_of(say("too small", Tone.STRONG)), line_of(say(f"queuetui needs {LEAST_CELLS}x{LEAST_LINES}"))]
        )
        self.show_frame()

    def on_screen_resume(self) -> None:
        """Show the picture that arrived while another screen was on top."""
        self.console.screen_came_up(self)

    def on_resize(self) -> None:
        """Fit the frame to the new width."""
        self.set_class(self.app.size.width < LEAST_CELLS or self.app.size.height < LEAST_LINES, "-too-small")
        self.call_after_refresh(self.show_frame)

    def show_frame(self) -> None:
        """Show the first line and the footer, and whether the rows are stale."""
        console, is_lost = self.console, self.is_lost
        self.set_class(is_lost, "-lost")
        heading = self.query_one("#heading", TextLines)
        if is_lost or not self.is_live:
            heading.show(lost_lines(console.title_text, console.link_text + self._older_text(), self.app.size.width))
        else:
            # The clock has a widget of its own: Textual sends a changed line from the beginning of its widget.
            line = heading_line(self.heading, self.app.size.width)
            heading.show([TextLine(line.left)])
            self.show_lines("#clock", [TextLine(line.right)])
        for table in self.query(LiveTable):
            table.stale = (is_lost or self.is_stale) and bool(table.rows)
            if not self.has_read:
                table.show_empty_text(sanitize(self.waiting_text, SENTENCE_CAP))
        self.show_footer()

    @property
    def read_at(self) -> datetime | None:
        """When the shown rows were read, by the store's clock; None before the first reading."""
        return None

    def _older_text(self) -> str:
        """Return how much older the rows are than the latest reading, which another screen asked for."""
        latest = self.console.latest
        if self.read_at is None or latest is None:
            return ""
        older_s = (latest.picture.snapshot.now - self.read_at).total_seconds()
        return f"; this screen is {age_text(older_s)} older" if older_s >= _OLDER_S else ""

    @property
    def is_lost(self) -> bool:
        """Whether the store of the shown rows cannot be read now."""
        return self.console.link.is_down

    @property
    def is_live(self) -> bool:
        """Whether the store of the shown rows is being polled."""
        return self.console.link.is_live

    @property
    def heading(self) -> Heading:
        """The content of the first line."""
        return self.console.heading

    @property
    def is_read_only(self) -> bool:
        """Whether the rights rule out every act on this screen."""
        return self.console.is_read_only

    def why_not(self, action: Action) -> str | None:
        """Return why an action is not available on this screen now, None if it is."""
        return self.console.why_not(action)

    def show_footer(self) -> None:
        """Show the footer with the keys of this screen."""
        offers = [(action, self.why_not(action)) for action in self.footer_actions()]
        line = footer_line(offers, self.app.size.width, self.footer_note)
        self.query_one("#footer", TextLines).show([line])

    @property
    def footer_note(self) -> str:
        """The text at the right end of the footer."""
        return ""

    @property
    def places(self) -> frozenset[KeyPlace]:
        """The places whose actions work on this screen."""
        found = {KeyPlace.EVERYWHERE, self.PLACE}
        if self.query(LiveTable):
            found.add(KeyPlace.TABLE)
        if self.query(JobTable):
            found.add(KeyPlace.MARKS)
        if self.query(TextPane):
            found.add(KeyPlace.TEXT)
        return frozenset(found)

    def footer_actions(self) -> list[Action]:
        """Return the actions of the footer in their order.

        Acts that the profile's rights rule out are left out.
        """
        places, read_only = self.places, self.is_read_only
        here = [action for action in ACTIONS if action.rank and action.places & places and action.name != self.VIEW]
        allowed = [action for action in here if action.verb is None or not read_only]
        return sorted(allowed, key=lambda action: action.rank)

    # The status line

    def flash(self, text: str, tone: Tone = Tone.PLAIN, *, about: About = About.ANSWER, gently: bool = False) -> None:
        """Show a message for a while, or until its subject is gone.

        A message shown gently does not replace one that a person may not have read yet.
        """
        self.status.tell(text, tone, about, gently=gently)

    def flash_report(self, text: str, tone: Tone) -> None:
        """Show the outcome of an act."""
        self.status.report(text, tone)

    @on(RowHighlighted)
    def _leave_row(self) -> None:
        """Clear the message about the row that the cursor has left."""
        self.status.end_about(About.CURSOR)

    def flash_copied(self, sentence: str | None) -> None:
        """Say where the copied text is."""
        if sentence:
            self.flash(sentence, Tone.GOOD)

    def show_lines(self, selector: str, lines: Sequence[TextLine]) -> None:
        """Show lines in one of the frame's text widgets."""
        self.query_one(selector, TextLines).show(lines)
