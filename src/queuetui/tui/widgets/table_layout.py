"""Which columns of a table fit a width, how wide they are, and where each begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from queuetui.tui.present.table import Column, Contents

GUTTER_CELLS = 3
GAP_CELLS = 2

Chosen = list[tuple[int, Column]]


class PlacedColumn(NamedTuple):
    """A visible column: its index in a row's cells, its left edge and its width."""

    column: Column
    place: int
    x: int
    width: int

    @property
    def end(self) -> int:
        """The first cell behind the column's text."""
        return self.x + self.width


class TableLayout(NamedTuple):
    """The columns that are visible at once.

    `before` and `behind` count the hidden columns to the left and to the right.
    """

    placed: tuple[PlacedColumn, ...]
    before: int = 0
    behind: int = 0


def lay_out(
    columns: Sequence[Column], width: int, contents: Contents = None, step: int = 0, sorted_by: str = ""
) -> TableLayout:
    """Return the layout after so many steps to the right, or after the last step there is.

    Each step shows columns that no earlier step showed; the first column, which identifies the rows, is always shown.
    The column that the rows are sorted by is not left out.
    """
    numbered = [(place, column) for place, column in enumerate(columns) if column.full(contents)]
    room = width - GUTTER_CELLS
    seen: set[int] = set()
    while True:
        chosen = _choose(numbered, room, contents, seen, sorted_by)
        here = {place for place, _ in chosen}
        before = len(seen - here)
        is_stuck = here <= seen
        seen |= here
        behind = len(numbered) - len(seen)
        if step <= 0 or not behind or is_stuck:
            return TableLayout(_place(chosen, room, contents), before, behind)
        step -= 1


def place_columns(columns: Sequence[Column], width: int, contents: Contents = None) -> tuple[PlacedColumn, ...]:
    """Return the columns that fit into `width` cells with their final widths, in their given order."""
    return lay_out(columns, width, contents).placed


def _place(chosen: Chosen, room: int, contents: Contents) -> tuple[PlacedColumn, ...]:
    placed: list[PlacedColumn] = []
    x = GUTTER_CELLS
    for (place, column), column_width in zip(chosen, _share(chosen, room, contents), strict=True):
        placed.append(PlacedColumn(column, place, x, column_width))
        x += column_width + GAP_CELLS
    return tuple(placed)


def _choose(numbered: Chosen, room: int, contents: Contents, seen: AbstractSet[int], sorted_by: str) -> Chosen:
    """Return the columns of one step: the first, those not shown yet, then those of highest priority."""

    def urgency(pair: tuple[int, Column]) -> tuple[bool, bool, int, int]:
        place, column = pair
        is_kept = place == numbered[0][0] if seen else column.key == sorted_by
        return not is_kept, place in seen, column.priority, place

    chosen = list(numbered)
    fewest = 2 if seen else 1
    while len(chosen) > fewest and _needed(chosen, contents, is_first_step=not seen) > room:
        chosen.remove(max(chosen, key=urgency))
    return chosen


def _needed(chosen: Chosen, contents: Contents, *, is_first_step: bool = False) -> int:
    """Return how many cells the columns need.

    That is all that they can use where one of them is not to stand at another's cost.
    """
    has_spare = is_first_step and any(column.spare for _, column in chosen)
    widths = (column.full(contents) if has_spare else column.least(contents) for _, column in chosen)
    return sum(width + GAP_CELLS for width in widths) - GAP_CELLS


def _share(chosen: Chosen, room: int, contents: Contents) -> list[int]:
    widths = [column.least(contents) for _, column in chosen]
    spare = room - _needed(chosen, contents)
    if spare < 0:
        widths[-1] = max(0, widths[-1] + spare)
    full = {place: column.full(contents) for place, (_, column) in enumerate(chosen)}
    modest = {place: min(cells, chosen[place][1].room) for place, cells in full.items() if not chosen[place][1].rest}
    rest = {place: cells for place, cells in full.items() if chosen[place][1].rest}
    for wanted in (modest, rest, full if contents is not None else {}):
        spare = _grow(widths, wanted, [column.flex or 1 for _, column in chosen], spare)
    return widths


def _grow(widths: list[int], wanted: Mapping[int, int], flex: Sequence[int], spare: int) -> int:
    """Widen columns towards their wanted widths, by their shares; return the cells that are left."""
    while spare > 0:
        growing = [place for place, most in wanted.items() if widths[place] < most]
        if not growing:
            break
        step = max(1, spare // sum(flex[place] for place in growing))
        for place in growing:
            growth = min(step * flex[place], wanted[place] - widths[place], spare)
            widths[place] += growth
            spare -= growth
    return spare
