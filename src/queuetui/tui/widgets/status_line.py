"""The status line above the footer: one message at a time, for as long as it holds."""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar

from textual.timer import Timer

from queuetui.model.text import sanitize
from queuetui.tui.present.lines import TextLine, line_of, say, wrap_within
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.text_lines import TextLines

_SHOWN_S = 6.0
# The outcome of an act is shown longer, as it is shown only once.
_REPORT_SHOWN_S = 20.0
_CAP = 2000
_MOST_LINES = 3
_FEWEST_CELLS = 20


class About(Enum):
    """The subject of a message: the message is cleared when its subject is gone.

    Answers to an act or a key are cleared after a time only.
    """

    ANSWER = auto()
    LIST = auto()
    CURSOR = auto()
    MARKS = auto()
    LOOKING = auto()
    FREEZING = auto()
    STORE = auto()


OF_A_LIST = frozenset({About.LIST, About.CURSOR, About.MARKS, About.LOOKING})


class StatusLine(TextLines):
    """Shows a message for a while."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id)
        self._timer: Timer | None = None
        self._about = About.ANSWER
        self._is_report = False
        self._afterwards: tuple[str, Tone] | None = None

    def tell(self, text: str, tone: Tone, about: About, *, gently: bool = False, shown_s: float = _SHOWN_S) -> None:
        """Show a message; one shown gently does not replace one that a person may not have read yet."""
        if self._timer is not None:
            if gently:
                return
            self._timer.stop()
        self.show(self._lines_of(text, tone))
        self._timer = self.set_timer(shown_s, self.end, name="flash")
        self._about, self._is_report, self._afterwards = about, False, None

    def _lines_of(self, text: str, tone: Tone) -> list[TextLine]:
        """Wrap a message into as many lines as it needs, as its end often says what to do next."""
        room = max(_FEWEST_CELLS, self.app.size.width - 2)
        lines = wrap_within(sanitize(text, _CAP), room, _MOST_LINES)
        return [line_of(say(f" {line}", tone, _CAP)) for line in lines]

    def report(self, text: str, tone: Tone) -> None:
        """Show the outcome of an act."""
        self.tell(text, tone, About.ANSWER, shown_s=_REPORT_SHOWN_S)
        self._is_report = True

    def tell_of_store(self, text: str, tone: Tone) -> None:
        """Show the state of the store, after the report that is being shown.

        Both often arrive together when a store answers again.
        """
        if self._is_report:
            self._afterwards = text, tone
        else:
            self.tell(text, tone, About.STORE)

    def end(self) -> None:
        """Clear the line, or show the message that was waiting."""
        if self._timer is not None:
            self._timer.stop()
        afterwards = self._afterwards
        self._timer, self._is_report, self._afterwards = None, False, None
        self.show([])
        if afterwards is not None:
            self.tell(*afterwards, About.STORE)

    def end_about(self, *subjects: About) -> None:
        """Clear the line if its message is about one of these subjects."""
        if About.STORE in subjects:
            self._afterwards = None
        if self._timer is not None and self._about in subjects:
            self.end()
