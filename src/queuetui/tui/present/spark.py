"""A series of numbers as one line of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite

from queuetui.model.text import SafeText, sanitize
from queuetui.tui.present.symbols import UNICODE_SYMBOLS, Symbols


def spark_text(
    series: Sequence[float | None], width: int, *, top: float | None = None, symbols: Symbols = UNICODE_SYMBOLS
) -> SafeText:
    """Return the series in `width` cells, newest at the right; a cell of several values shows the highest.

    An unknown value leaves its cell blank, zero has the lowest block. `top` is the value of the highest block, by
    default the highest value.
    """
    known = [_known(value) for value in series]
    highest = top if top is not None else max((value for value in known if value is not None), default=0.0)
    blocks = (_block(value, highest, symbols.spark_levels) for value in _in_cells(known, width))
    return sanitize("".join(blocks).rjust(max(0, width)), cap=max(1, width))


def _known(value: float | None) -> float | None:
    return max(0.0, value) if value is not None and isfinite(value) else None


def _in_cells(values: Sequence[float | None], width: int) -> list[float | None]:
    if width <= 0 or not values:
        return []
    per_cell = ceil(len(values) / width)
    starts = range(len(values) - per_cell, -per_cell, -per_cell)
    cells = [values[max(0, start) : start + per_cell] for start in starts]
    return [max((value for value in cell if value is not None), default=None) for cell in reversed(cells)]


def _block(value: float | None, highest: float, levels: str) -> str:
    """Return the block of a value; the first level is for the unknown and the second for zero."""
    if value is None:
        return levels[0]
    steps = len(levels) - 2
    share = min(1.0, value / highest) if highest > 0 else 0.0
    return levels[1 + ceil(share * steps)]
