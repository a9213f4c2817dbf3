"""Filter: a form whose fields make a filter text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Input

from queuetui.model.errors import BadQuery
from queuetui.model.page import PlannedTerm
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.monitor.background import BackgroundCalls
from queuetui.tui.actions import KeyPlace, bindings_at, key_at
from queuetui.tui.present.filter_form import FIELDS, error_lines, plan_lines, read_filter, write_filter
from queuetui.tui.present.lines import TextLine, line_of, say
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import Scope
from queuetui.tui.screen_removal import RemovableScreen
from queuetui.tui.widgets.one_line import OneLine
from queuetui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from queuetui.tui.session import Connection

_SETTLE_S = 0.3


_NEXT, _EMPTY, _LEAVE = (key_at(KeyPlace.FILTER, name) for name in ("next field", "empty form", "leave form"))


class FilterScreen(RemovableScreen["str | None"]):
    """A dialog that returns the filter text, or None if it is cancelled.

    It shows the filter text, and how the store would answer it.
    """

    AUTO_FOCUS = "#field-state"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.FILTER)

    def __init__(self, scope: Scope, connection: Connection | None, calls: BackgroundCalls) -> None:
        super().__init__()
        self._scope = scope
        self._connection = connection
        self._calls = calls
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out a line for each field."""
        values = read_filter(self._scope.filter_text)
        yield TextLines("title", "title")
        with VerticalScroll(id="form", can_focus=False):
            for field in FIELDS:
                with Horizontal(classes="field"):
                    yield TextLines(f"label-{field.name}", "label")
                    yield OneLine(
                        values.get(field.name, ""),
                        id=f"field-{field.name}",
                        placeholder=field.example,
                        compact=True,
                        select_on_focus=False,
                    )
        yield TextLines("written")
        yield TextLines("plan")
        yield TextLines("hint", "hint")

    def on_mount(self) -> None:
        """Label the fields and show the present filter."""
        self.query_one("#title", TextLines).show([line_of(say(" Filter the jobs", Tone.STRONG))])
        hint = f" {_NEXT} next field   enter shows the jobs   {_EMPTY} empties it   {_LEAVE} leaves"
        self.query_one("#hint", TextLines).show([line_of(say(hint, Tone.MUTED))])
        for field in FIELDS:
            self.query_one(f"#label-{field.name}", TextLines).show([line_of(say(f" {field.title}", Tone.MUTED))])
            self.query_one(f"#field-{field.name}", Input).cursor_blink = False
        self._show_written()

    @property
    def text(self) -> str:
        """The filter text that the fields make."""
        return write_filter({field.name: self.query_one(f"#field-{field.name}", Input).value for field in FIELDS})

    @on(Input.Changed)
    def _show_written(self) -> None:
        text = self.text
        if self._settling is not None:
            self._settling.stop()
        try:
            query = parse_query(text)
        except BadQuery as error:
            self._show_lines(text, error_lines(error, 1, self.app.size.width - 4))
            return
        self._show_lines(text, [])
        # The plan is read for the text of now, as the fields may be invalid when the timer fires.
        self._settling = self.set_timer(_SETTLE_S, partial(self._ask_plan, text, query))

    def _ask_plan(self, text: str, query: Query) -> None:
        connection = self._connection

        def tell(plan: tuple[PlannedTerm, ...]) -> None:
            if self.is_attached and text == self.text:
                self._show_lines(text, plan_lines(plan))

        if connection is not None:
            self._calls.read(
                lambda: connection.feed.plan(query),
                tell,
                lambda why: self._show_lines(text, [line_of(say(f" {why}", Tone.WARNING, 1000))]),
            )

    def _show_lines(self, text: str, below: list[TextLine]) -> None:
        if self.is_attached:
            self.query_one("#written", TextLines).show(
                [line_of(say(f" {text}" if text else " (everything)", Tone.STRONG, 1000))]
            )
            self.query_one("#plan", TextLines).show(below)

    @on(Input.Submitted)
    def _submit(self) -> None:
        try:
            parse_query(self.text)
        except BadQuery:
            return
        self.dismiss(self.text)

    def action_leave(self) -> None:
        """Close without changing the filter."""
        self.dismiss(None)

    def action_clear(self) -> None:
        """Empty every field."""
        for field in FIELDS:
            self.query_one(f"#field-{field.name}", Input).value = ""
