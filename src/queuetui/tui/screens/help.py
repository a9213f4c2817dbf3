"""Help: the keys of the screen in front, and the meaning of symbols and words."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from queuetui.model.text import sanitize
from queuetui.tui.actions import Action, KeyPlace, bindings_at, key_at
from queuetui.tui.present.help import help_lines
from queuetui.tui.present.lines import line_of, say, wrap
from queuetui.tui.present.tones import Tone
from queuetui.tui.screen_removal import RemovableScreen
from queuetui.tui.widgets.one_line import OneLine
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.widgets.text_pane import TextPane

HINT_CAP = 1000


_CLOSE = key_at(KeyPlace.HELP, "close help")


class HelpScreen(ModalScreen[None], RemovableScreen[None]):
    """Lists the actions of a screen, and why some are not available now.

    Typing narrows the list.
    """

    AUTO_FOCUS = "#help-search"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (160, "-broad")]
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.HELP)

    def __init__(
        self, place: KeyPlace, places: frozenset[KeyPlace], why_not: Callable[[Action], str | None], hint: str = ""
    ) -> None:
        super().__init__()
        self._hint = hint
        self._place = place
        self._places = places
        self._why_not = why_not

    def compose(self) -> ComposeResult:
        """Lay out the search field above the text."""
        with Vertical(classes="dialog help"):
            yield TextLines("title", "title")
            yield OneLine(id="help-search", compact=True, placeholder="type to search", select_on_focus=False)
            yield TextLines("help-hint", "title -hidden" if not self._hint else "title")
            yield TextPane("help-text")
            yield TextLines("hint", "hint")

    def on_mount(self) -> None:
        """Show the name of the screen."""
        title = f"Keys in {self._place.value}, and what signs and words mean"
        self.query_one("#title", TextLines).show([line_of(say(title, Tone.STRONG))])
        self.query_one(Input).cursor_blink = False
        self._pane.can_focus = False
        self._pane.wraps = False
        self.watch(self._pane, "scroll_y", self._show_hint, init=False)
        self.call_after_refresh(self._show)

    def on_resize(self) -> None:
        """Lay the text out for the new width."""
        self.call_after_refresh(self._show)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_scroll(self, lines: int) -> None:
        """Scroll while the field keeps the focus."""
        self._pane.scroll_relative(y=lines, animate=False)

    def action_scroll_pages(self, pages: int) -> None:
        """Scroll by pages."""
        self.action_scroll(pages * max(1, self._pane.size.height - 1))

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        # The field receives every letter, also one that is bound to an action here.
        if event.value.endswith("?"):
            self.action_leave()
        else:
            self._show(from_top=True)

    def _show(self, *, from_top: bool = False) -> None:
        width = self._pane.scrollable_content_region.width
        told = wrap(sanitize(self._hint, HINT_CAP), width)
        self.query_one("#help-hint", TextLines).show([line_of(say(text, cap=HINT_CAP)) for text in told])
        lines = help_lines(self._place, self._places, self._why_not, self.query_one(Input).value, width)
        self._pane.show(lines, from_top=from_top)
        self._show_hint()

    def _show_hint(self) -> None:
        pane = self._pane
        first, lines = round(pane.scroll_y), pane.virtual_size.height
        last = min(lines, first + pane.size.height)
        place = f"lines {first + 1}-{last} of {lines}   up/down pgup/pgdn   " if lines > pane.size.height else ""
        self.query_one("#hint", TextLines).show([line_of(say(f"{place}{_CLOSE} ? close", Tone.MUTED))])

    @property
    def _pane(self) -> TextPane:
        return self.query_one(TextPane)
