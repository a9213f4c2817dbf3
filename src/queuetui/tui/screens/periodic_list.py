"""Lists that are too costly for every poll: read when the screen opens, and again when they are old."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.model.text import sanitize
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.console_screen import SENTENCE_CAP
from queuetui.tui.screens.list_screen import ListScreen
from queuetui.tui.widgets.status_line import About

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed

A = TypeVar("A")


class PeriodicList(ListScreen, Generic[A]):
    """Shows the last answer; a poll updates its ages, and asks again if the answer is old.

    `ask_anew` starts the reading, and hands the answer to `take_answer`.
    """

    ASKED_EVERY_S: ClassVar[float] = 10.0

    def __init__(self) -> None:
        super().__init__()
        self.answer: A | None = None
        self.asked_at = float("-inf")

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the answer with ages as of this picture, and ask again if it is old."""
        self.picture = picture
        if self.answer is not None:
            self.show_rows(picture)
        if time.monotonic() - self.asked_at >= self.ASKED_EVERY_S:
            self.ask_anew()

    def take_answer(self, answer: A) -> None:
        """Show an answer, unless the screen has been closed."""
        self.asked_at = time.monotonic()
        if self.is_attached and self.picture is not None:
            self.answer, self.has_read = answer, True
            self.show_rows(self.picture)


class SystemPeriodicList(PeriodicList[A]):
    """Reads its list from the shown system."""

    def __init__(self) -> None:
        super().__init__()
        self._is_asking = False

    def ask(self, feed: Feed) -> A:
        """Read the list; blocks, and raises QueueTuiError."""
        raise NotImplementedError

    def ask_anew(self) -> None:
        """Read the list in the background, unless it is being read."""
        connection = self.console.connection
        if connection is None or self._is_asking:
            return
        self._is_asking = True
        self.console.calls.read(lambda: self.ask(connection.feed), self._take, self._miss)

    def _take(self, answer: A) -> None:
        self._is_asking = False
        self.take_answer(answer)

    def _miss(self, reason: str) -> None:
        self._is_asking, self.asked_at = False, time.monotonic()
        if not self.is_attached:
            return
        self.flash(reason, Tone.WARNING, about=About.LIST)
        if self.answer is None:
            self.has_read = True
            self.table.show_empty_text(sanitize(reason, SENTENCE_CAP))
