"""The dialog that continues a search for a job by the end of its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from queuetui.model.page import IdSearch
from queuetui.model.text import sanitize
from queuetui.monitor.background import BackgroundCalls
from queuetui.monitor.background_read import BackgroundRead
from queuetui.tui.actions import KeyPlace, bindings_at, key_at
from queuetui.tui.present.lines import line_of, say, wrap_lines
from queuetui.tui.present.tones import Tone
from queuetui.tui.screen_removal import RemovableScreen
from queuetui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed

_TEXT_CELLS = 70
_WORDS_CAP = 300
ESC = key_at(KeyPlace.SEEK, "stop looking").capitalize()
ON = key_at(KeyPlace.SEEK, "look on")


class SeekDialog(ModalScreen["IdSearch | None"], RemovableScreen["IdSearch | None"]):
    """Shows how far the search has come; `n` continues it until a job is found, Esc ends it.

    Returns the search that found a job.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.SEEK)

    def __init__(self, suffix: str, feed: Feed, calls: BackgroundCalls, begun: IdSearch) -> None:
        super().__init__()
        self._suffix = suffix
        self._feed = feed
        self._calls = calls
        self._search = begun
        self._looked = begun.looked
        self._reading: BackgroundRead | None = None

    def compose(self) -> ComposeResult:
        """Lay out the text and the keys."""
        with Vertical(classes="dialog"):
            yield TextLines("title", "title")
            yield TextLines("text")
            yield TextLines("hint", "hint")

    def on_mount(self) -> None:
        """Show how far the first search came."""
        title = line_of(say(f"Looking for an id that ends in {sanitize(self._suffix, 40)}", Tone.STRONG))
        self.query_one("#title", TextLines).show(wrap_lines([title], _TEXT_CELLS))
        self._show(f"{ON} looks further; {ESC} closes")

    def on_unmount(self) -> None:
        """Cancel the running search."""
        if self._reading is not None:
            self._reading.give_up()

    def action_leave(self) -> None:
        """Close without a job."""
        self.dismiss(None)

    def action_go_on(self) -> None:
        """Search the next jobs, unless a search is running."""
        if self._reading is None and self._search.reached is not None:
            self._look()

    def _look(self) -> None:
        reached = self._search.reached
        self._show(f"looking ...; {ESC} stops")
        self._reading = self._calls.read(lambda: self._feed.find(self._suffix, reached), self._take, self._fail)

    def _take(self, search: IdSearch) -> None:
        if not self.is_attached:
            return
        self._search, self._reading = search, None
        self._looked += search.looked
        if search.refs:
            self.dismiss(search)
        elif search.reached is not None:
            self._look()
        else:
            self._say(f"No job's id is or ends in that: all {self._looked:,} were looked through.", f"{ESC} closes")

    def _fail(self, reason: str) -> None:
        if self.is_attached:
            self._reading = None
            self._say(reason, f"{ON} tries again; {ESC} closes")

    def _show(self, hint: str) -> None:
        how_far = f" ({self._search.note})" if self._search.note else ""
        self._say(f"Not among the {self._looked:,} newest jobs that were looked through{how_far}.", hint)

    def _say(self, text: str, hint: str) -> None:
        lines = wrap_lines([line_of(say(text, cap=_WORDS_CAP))], min(_TEXT_CELLS, max(20, self.app.size.width - 10)))
        self.query_one("#text", TextLines).show(lines)
        self.query_one("#hint", TextLines).show([line_of(say(hint, Tone.MUTED))])
