"""The parts of a table: columns, rows and cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from queuetui.model.text import SafeText
from queuetui.tui.present.cells import Align
from queuetui.tui.present.tones import Tone

_NO_LIMIT = 10_000

Contents = Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    It is as wide as its contents, at most `max_width` where room is short, and never cut below `min_width`.
    Where the room is too short for that, columns of the highest `priority` number are left out first. Columns that take the
    `rest` share what the others leave; a `spare` one stands only where no other is cut for it. `tone` is asked for the tone
    of a cell that brings none of its own.
    """

    key: str
    title: str
    min_width: int
    max_width: int | None = None
    flex: int = 0
    priority: int = 0
    align: Align = Align.LEFT
    tone: Callable[[SafeText], Tone] | None = None
    rest: bool = False
    spare: bool = False

    @property
    def room(self) -> int:
        """The largest width of the column before the `rest` columns get theirs."""
        if self.max_width is None:
            return _NO_LIMIT if self.flex else self.min_width
        return max(self.min_width, self.max_width)

    def full(self, contents: Contents) -> int:
        """Return the width that the title, with an arrow, and the contents need.

        Without known contents it is the largest width.
        """
        if contents is None:
            return self.room if self.flex else self.min_width
        return max(len(self.title) + bool(self.title), contents.get(self.key, 0))

    def least(self, contents: Contents) -> int:
        """Return the smallest width, below which the column is left out."""
        return min(self.min_width, self.full(contents))


class Cell(NamedTuple):
    """One text of a row; without a tone it has that of the column."""

    text: SafeText
    tone: Tone | None = None


class Row(NamedTuple):
    """A row: its opaque identity, which is never shown, and a cell for each column of the table."""

    key: str
    cells: tuple[Cell, ...]
