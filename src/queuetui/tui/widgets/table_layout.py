"""Which columns of a table fit a width, and where each of them stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from queuetui.model.text import SafeText
from queuetui.tui.present.cells import Align
from queuetui.tui.present.tones import Tone

GUTTER_CELLS = 3
GAP_CELLS = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: at least `min_width` cells, growing by its share `flex` of the room left, up to `max_width`.

    Where the room is short, columns of the highest `priority` number are left out first. `tone` is asked for the
    tone of a cell that brings none of its own.
    """

    key: str
    title: str
    min_width: int
    max_width: int | None = None
    flex: int = 0
    priority: int = 0
    align: Align = Align.LEFT
    tone: Callable[[SafeText], Tone] | None = None

    @property
    def room(self) -> int:
        """The widest the column may get."""
        if not self.flex:
            return self.min_width
        return 10_000 if self.max_width is None else max(self.min_width, self.max_width)


class PlacedColumn(NamedTuple):
    """A column that fits: its place in a row's cells, its left edge and its width."""

    column: Column
    place: int
    x: int
    width: int

    @property
    def end(self) -> int:
        """The first cell behind the column's text."""
        return self.x + self.width


def place_columns(columns: Sequence[Column], width: int) -> tuple[PlacedColumn, ...]:
    """Return the columns that fit into `width` cells with their final widths, in their given order."""
    chosen = _choose(columns, width - GUTTER_CELLS)
    widths = _share(chosen, width - GUTTER_CELLS)
    placed: list[PlacedColumn] = []
    x = GUTTER_CELLS
    for (place, column), column_width in zip(chosen, widths, strict=True):
        placed.append(PlacedColumn(column, place, x, column_width))
        x += column_width + GAP_CELLS
    return tuple(placed)


def _choose(columns: Sequence[Column], room: int) -> list[tuple[int, Column]]:
    chosen = list(enumerate(columns))
    while len(chosen) > 1 and _needed(chosen) > room:
        least = max(chosen, key=lambda pair: (pair[1].priority, pair[0]))
        chosen.remove(least)
    return chosen


def _needed(chosen: Sequence[tuple[int, Column]]) -> int:
    return sum(column.min_width + GAP_CELLS for _, column in chosen) - GAP_CELLS


def _share(chosen: Sequence[tuple[int, Column]], room: int) -> list[int]:
    widths = [column.min_width for _, column in chosen]
    if len(widths) == 1:
        widths[0] = max(0, min(widths[0], room))
    spare = room - _needed(chosen)
    while spare > 0:
        growing = [place for place, (_, column) in enumerate(chosen) if widths[place] < column.room]
        if not growing:
            break
        shares = sum(chosen[place][1].flex for place in growing)
        step = max(1, spare // shares)
        for place in growing:
            column = chosen[place][1]
            growth = min(step * column.flex, column.room - widths[place], spare)
            widths[place] += growth
            spare -= growth
    return widths
