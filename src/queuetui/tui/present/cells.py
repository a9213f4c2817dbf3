"""Text brought to an exact width in terminal cells."""

from __future__ import annotations

from enum import StrEnum

from rich.cells import cell_len, set_cell_size

from queuetui.model.text import ELLIPSIS, SafeText


class Align(StrEnum):
    """The side of its cell on which a text stands."""

    LEFT = "left"
    RIGHT = "right"


def fit(text: SafeText, width: int, align: Align = Align.LEFT, ellipsis: str = ELLIPSIS) -> str:
    """Return `text` in exactly `width` cells: padded, or cut with the `ellipsis` in its last cell.

    A wide character that would straddle the cut gives way to a space, so that no column ever moves.
    """
    if width <= 0:
        return ""
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + ellipsis
    padding = " " * (width - length)
    return padding + text if align is Align.RIGHT else text + padding
