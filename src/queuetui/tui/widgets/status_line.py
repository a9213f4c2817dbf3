"""The line above the footer: one sentence at a time, as long as it is true."""

from __future__ import annotations

from enum import Enum, auto
from typing import ClassVar

from textual.timer import Timer

from queuetui.model.text import sanitize
from queuetui.tui.present.lines import TextLine, line_of, say, wrap_within
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.text_lines import TextLines

_SHOWN_S = 6.0
# What became of jobs is not told a second time.
_REPORT_SHOWN_S = 20.0
_CAP = 2000
_MOST_LINES = 3
_FEWEST_CELLS = 20


class About(Enum):
    """What a sentence speaks of, and with which it goes.

    What an act or a key answered goes by the clock alone.
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
    """Says something for a while."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id)
        self._timer: Timer | None = None
        self._about = About.ANSWER
        self._is_report = False
        self._afterwards: tuple[str, Tone] | None = None

    def tell(self, text: str, tone: Tone, about: About, *, gently: bool = False, shown_s: float = _SHOWN_S) -> None:
        """Say it; what is said gently does not replace what a person has not read yet."""
        if self._timer is not None:
            if gently:
                return
            self._timer.stop()
        self.show(self._lines_of(text, tone))
        self._timer = self.set_timer(shown_s, self.end, name="flash")
        self._about, self._is_report, self._afterwards = about, False, None

    def _lines_of(self, text: str, tone: Tone) -> list[TextLine]:
        """Return a sentence in as many lines as it takes, as what to do next often stands at its end."""
        room = max(_FEWEST_CELLS, self.app.size.width - 2)
        lines = wrap_within(sanitize(text, _CAP), room, _MOST_LINES)
        return [line_of(say(f" {line}", tone, _CAP)) for line in lines]

    def report(self, text: str, tone: Tone) -> None:
        """Say what became of an act."""
        self.tell(text, tone, About.ANSWER, shown_s=_REPORT_SHOWN_S)
        self._is_report = True

    def tell_of_store(self, text: str, tone: Tone) -> None:
        """Say how the store stands, after the report that is being shown.

        Both often come in one moment, when a store answers again.
        """
        if self._is_report:
            self._afterwards = text, tone
        else:
            self.tell(text, tone, About.STORE)

    def end(self) -> None:
        """Clear the line, or go on to what was to be said afterwards."""
        if self._timer is not None:
            self._timer.stop()
        afterwards = self._afterwards
        self._timer, self._is_report, self._afterwards = None, False, None
        self.show([])
        if afterwards is not None:
            self.tell(*afterwards, About.STORE)

    def end_about(self, *subjects: About) -> None:
        """Clear the line where it speaks of what is there no more."""
        if About.STORE in subjects:
            self._afterwards = None
        if self._timer is not None and self._about in subjects:
            self.end()
