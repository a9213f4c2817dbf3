"""The dialog of every act on a queue: prepare, ask, perform, report."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from queuetui.model.text import sanitize
from queuetui.monitor.background import BackgroundCalls
from queuetui.monitor.background_read import BackgroundRead
from queuetui.tui.actions import KeyPlace, bindings_at, key_at
from queuetui.tui.present.lines import BLANK, TextLine, line_of, say, wrap_lines
from queuetui.tui.present.questions import Question, report_lines, report_title
from queuetui.tui.present.tones import Tone
from queuetui.tui.screen_removal import RemovableScreen
from queuetui.tui.widgets.one_line import OneLine
from queuetui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from queuetui.operate.report import Report

T = TypeVar("T")
Tell = Callable[[str], object]
_TEXT_CELLS = 70
_ERROR_CAP = 2000
_LEAST_TEXT_CELLS = 20
# Of its screen: the first line above it stays readable.
_PART_OF_WIDTH, _PART_OF_HEIGHT = 0.96, 0.92
_CELLS_AROUND_TEXT = 7
# The border, the buttons and what is left blank above and below them; and the same around the word.
_LINES_AROUND_TEXT, _LINES_AROUND_WORD = 6, 2


def _key(name: str) -> str:
    """Return the key of an action as a sentence names it."""
    shown = key_at(KeyPlace.ASK, name)
    return shown.capitalize() if len(shown) > 1 else shown


ESC, NO, YES = _key("cancel act"), _key("refuse act"), _key("confirm act")
FURTHER, FURTHER_WHILE_TYPING = _key("further by letter"), _key("further by key")


class AskDialog(ModalScreen["Report | None"], RemovableScreen["Report | None"], Generic[T]):
    """Asks whether an act is performed on the targets that the dialog was opened with.

    The button Back has the focus, so Enter alone changes nothing; it is not called Cancel, as that is an act on jobs.
    `prepare` and `perform` block and run in the background; `question_of` makes the question from what was prepared. If the
    question has a word to type, the confirmation is enabled when the word is right. If the dialog is closed while `perform`
    runs, `left_behind` receives the report or the error. `prepare_otherwise` prepares another option of the question, and
    `further` returns how to prepare with a longer search if the first was cut short. Closing the dialog cancels a preparation.
    """

    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.ASK)

    def __init__(
        self,
        heading: str,
        calls: BackgroundCalls,
        prepare: Callable[[Tell], T],
        question_of: Callable[[T], Question],
        perform: Callable[[T], Report],
        left_behind: Callable[[Report | str], None],
        prepare_otherwise: Callable[[str], T] | None = None,
        further: Callable[[T], Callable[[Tell], T] | None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._heading = heading
        self._calls = calls
        self._prepare = prepare
        self._question_of = question_of
        self._perform = perform
        self._left_behind = left_behind
        self._prepare_otherwise = prepare_otherwise
        self._further = further
        self._reading: BackgroundRead | None = None
        self._prepared: T | None = None
        self._question: Question | None = None
        self._report: Report | None = None
        self._is_working = False
        self._title, self._asked, self._hint = BLANK, BLANK, BLANK
        self._lines: list[TextLine] = []

    def compose(self) -> ComposeResult:
        """Lay out the text, the field for the word and the two buttons."""
        with Vertical(classes="dialog"):
            yield TextLines("title", "title")
            yield TextLines("text")
            yield TextLines("ask", "-hidden")
            yield OneLine(id="word", compact=True, classes="-hidden", select_on_focus=False)
            with Horizontal(id="buttons"):
                yield Button(Content("Back"), id="cancel", compact=True)
                yield Button(Content(""), id="confirm", classes="-hidden", compact=True, disabled=True)
            yield TextLines("hint", "hint")

    def on_mount(self) -> None:
        """Prepare in the background; nothing can be confirmed before that is done."""
        self.query_one("#word", Input).cursor_blink = False
        self._say_title(self._heading)
        self._look(self._prepare)

    def on_unmount(self) -> None:
        """Cancel the preparation."""
        if self._reading is not None:
            self._reading.give_up()

    def _look(self, prepare: Callable[[Tell], T]) -> None:
        """Prepare in the background, and show the progress."""
        calls = self._calls
        self._show_text([line_of(say("Looking at the store ...", Tone.MUTED))])
        self._say_hint(f"{ESC} or {NO} goes back")
        self._reading = calls.read(
            lambda: prepare(lambda text: calls.tell(partial(self._show_progress, text))), self._ask, self._fail
        )

    def _show_progress(self, text: str) -> None:
        if self.is_attached and self._reading is not None:
            self._show_text([line_of(say(text, Tone.MUTED))])

    # Results of the background calls

    def _ask(self, prepared: T) -> None:
        if not self.is_attached:
            return
        question = self._question_of(prepared)
        self._prepared, self._question, self._reading = prepared, question, None
        self._say_title(question.title)
        lines = list(question.lines)
        if question.word:
            asked = say(f"To go on, type the {question.word_names}'s name:  ")
            self._asked = line_of(asked, say(question.word, Tone.STRONG))
            self.query("#ask, #word").remove_class("-hidden")
        self._show_text(lines)
        confirm = self.query_one("#confirm", Button)
        if not question.confirm:
            confirm.add_class("-hidden")
            self.query_one("#cancel", Button).label = Content("Close")
            self._say_hint(f"{self._further_hint(question)}{ESC} or Enter closes")
            return
        self.query_one("#cancel", Button).label = Content("Back")
        confirm.label = Content(sanitize(question.confirm))
        confirm.remove_class("-hidden")
        confirm.disabled = bool(question.word) and self.query_one("#word", Input).value != question.word
        self._say_ways()

    def _further_hint(self, question: Question) -> str:
        """Return the hint for the key that searches further, empty if everything was searched."""
        can_go_on = self._prepared is not None and self._further(self._prepared) is not None
        key = FURTHER_WHILE_TYPING if question.word else FURTHER
        return f"{key} looks further; " if can_go_on else ""

    def _fail(self, reason: str) -> None:
        if not self.is_attached:
            self._left_behind(reason)
            return
        self._is_working = False
        self._show_end("Not done", [line_of(say(reason, Tone.CRITICAL, _ERROR_CAP))])

    def _tell(self, report: Report) -> None:
        if not self.is_attached:
            self._left_behind(report)
            return
        self._is_working = False
        self._report = report
        if report.complete and report.exported_to is None:
            self.dismiss(report)
            return
        self._show_end(report_title(report), list(report_lines(report)))

    # Keys and buttons

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Close; an act that is being performed goes on and reports its outcome."""
        self.dismiss(self._report)

    def action_refuse(self) -> None:
        """Close, by the key for no."""
        self.dismiss(self._report)

    def action_choose(self, step: int) -> None:
        """Choose another option and prepare it; nothing can be confirmed until that is done."""
        question, prepare = self._question, self._prepare_otherwise
        if question is None or not question.options or prepare is None or self._prepared is None:
            return
        if self._is_working or self._report is not None:
            return
        value = question.options[(question.chosen + step) % len(question.options)].value
        self._prepared = None
        self.query_one("#confirm", Button).disabled = True
        self._reading = self._calls.read(lambda: prepare(value), self._ask, self._fail)

    def action_further_by_letter(self) -> None:
        """Search further, by a letter, while no word is being typed."""
        self.action_look_further()

    def action_look_further(self) -> None:
        """Search the jobs that were not searched yet, unless that search is running."""
        prepare = None if self._prepared is None or self._is_working or self._report else self._further(self._prepared)
        if prepare is None or self._reading is not None:
            return
        self._prepared, self._question = None, None
        self.query_one("#word", Input).value = ""
        self.query("#ask, #word, #confirm").add_class("-hidden")
        self.query_one("#cancel", Button).focus()
        self._look(prepare)

    @on(Button.Pressed, "#confirm")
    def action_confirm(self) -> None:
        """Perform the act, once."""
        may_confirm = not self.query_one("#confirm", Button).disabled
        if self._prepared is None or self._is_working or self._report is not None or not may_confirm:
            return
        prepared = self._prepared
        self._is_working = True
        self.query_one("#confirm", Button).disabled = True
        self.query("#ask, #word").add_class("-hidden")
        self._show_text([line_of(say("Working ...", Tone.MUTED))])
        self._say_hint(f"{ESC} leaves it to itself; the outcome will be told")
        self._calls.send(lambda: self._perform(prepared), self._tell, self._fail)

    @on(Input.Changed, "#word")
    def _check_word(self, event: Input.Changed) -> None:
        if self._question is not None and self._question.word and not self._is_working:
            self.query_one("#confirm", Button).disabled = event.value != self._question.word
            self._say_ways()

    @on(Input.Submitted, "#word")
    def _submit_word(self, event: Input.Submitted) -> None:
        if self._question is not None and event.value == self._question.word:
            self.action_confirm()
        else:
            self._say_hint(f"That is not the word; nothing was done. {ESC} goes back")

    def on_key(self, event: events.Key) -> None:
        """Put typed characters into the field for the word, wherever the focus is."""
        field = self.query_one("#word", Input)
        if event.is_printable and event.character and not field.has_class("-hidden") and self.focused is not field:
            field.focus()
            field.insert_text_at_cursor(event.character)
            event.stop()
            event.prevent_default()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable actions bound to letters while a word is being typed."""
        asks_word = self._question is not None and bool(self._question.word) and not self._is_working
        return not (asks_word and action in {"confirm", "refuse", "further_by_letter"})

    # Display

    def _show_end(self, title: str, lines: list[TextLine]) -> None:
        self._say_title(title)
        self._show_text(lines)
        self.query("#ask, #word").add_class("-hidden")
        self.query_one("#confirm").add_class("-hidden")
        cancel = self.query_one("#cancel", Button)
        cancel.label = Content("Close")
        cancel.focus()
        self._say_hint(f"{ESC} or Enter closes")

    def on_resize(self) -> None:
        """Fit the text to the new size."""
        self._fit()

    def _say_title(self, text: str) -> None:
        self._title = line_of(say(text, Tone.STRONG, _ERROR_CAP))
        self._fit()

    def _show_text(self, lines: list[TextLine]) -> None:
        self._lines = lines
        self._fit()

    def _fit(self) -> None:
        """Show as many lines as fit above the field and the buttons."""
        size = self.app.size
        width = int(size.width * _PART_OF_WIDTH) - _CELLS_AROUND_TEXT
        width = min(_TEXT_CELLS, max(_LEAST_TEXT_CELLS, width))
        title, asked, hint = (wrap_lines([line], width) for line in (self._title, self._asked, self._hint))
        taken = _LINES_AROUND_TEXT + len(title) + len(hint)
        if not self.query_one("#word").has_class("-hidden"):
            taken += _LINES_AROUND_WORD + len(asked)
        wrapped = wrap_lines(self._lines, width)
        room = max(1, int(size.height * _PART_OF_HEIGHT) - taken)
        if len(wrapped) > room:
            wrapped = [*wrapped[: room - 1], line_of(say("...", Tone.MUTED))]
        for name, lines in (("#title", title), ("#text", wrapped), ("#ask", asked), ("#hint", hint)):
            self.query_one(name, TextLines).show(lines)

    def _say_ways(self) -> None:
        if self._question is not None:
            asks_word, more = bool(self._question.word), self._further_hint(self._question)
            does, leaves = ("Enter in the field", ESC) if asks_word else (YES, f"{ESC} or {NO}")
            self._say_hint(f"{does} does it; {more}{leaves} goes back")

    def _say_hint(self, text: str) -> None:
        self._hint = line_of(say(text, Tone.MUTED))
        self._fit()
