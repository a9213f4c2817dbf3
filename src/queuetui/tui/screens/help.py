"""Help: the keys of the screen in front, made from the table of actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from queuetui.model.text import sanitize
from queuetui.tui.actions import Action, Place
from queuetui.tui.present.help import help_lines
from queuetui.tui.present.pieces import line_of, say, wrap
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.widgets.text_pane import TextPane

HINT_CAP = 1000


class HelpScreen(ModalScreen[None]):
    """Lists what can be done here and what cannot just now, with the reason; `/` searches."""

    AUTO_FOCUS = "#help-text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter,f1", "leave", "Close", show=False),
        Binding("slash", "search", "Search", show=False),
    ]

    def __init__(
        self, place: Place, places: frozenset[Place], why_not: Callable[[Action], str | None], hint: str = ""
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
            yield Input(id="help-search", compact=True, placeholder="search", classes="-hidden", select_on_focus=False)
            yield TextLines("told", "title -hidden" if not self._hint else "title")
            yield TextPane("help-text")
            yield TextLines("hint", "hint")

    def on_mount(self) -> None:
        """Show every key."""
        self.query_one("#title", TextLines).show([line_of(say(f"Keys in {self._place.value}", Tone.STRONG))])
        told = wrap(sanitize(self._hint, HINT_CAP), self.query_one(".dialog").size.width or 70)
        self.query_one("#told", TextLines).show([line_of(say(text, cap=HINT_CAP)) for text in told])
        self.query_one("#hint", TextLines).show(
            [line_of(say("/ searches   j k scroll   ? q esc enter close", Tone.MUTED))]
        )
        self.query_one(Input).cursor_blink = False
        self._show("")

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)

    def action_search(self) -> None:
        """Type what to look for."""
        field = self.query_one(Input)
        field.remove_class("-hidden")
        field.focus()

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._show(event.value)

    @on(Input.Submitted)
    def _end_search(self) -> None:
        self.query_one(TextPane).focus()

    def _show(self, text: str) -> None:
        self.query_one(TextPane).show(help_lines(self._place, self._places, self._why_not, text), from_top=True)
