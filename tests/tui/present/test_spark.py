"""The spark line: a shape in few cells."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from queuetui.tui.present.spark import spark_text
from queuetui.tui.present.symbols import ASCII_SYMBOLS

values = st.none() | st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("series", "width", "text"),
    [
        ([0, 1, 7], 3, "▁▂█"),
        ([0, 0, 0], 3, "▁▁▁"),
        ([None, 7, None], 3, " █ "),
        ([7], 4, "   █"),
        ([1, 7, 0, 0, 7, 0], 3, "█▁█"),
        ([7, 0, 0], 2, "█▁"),
        ([], 3, "   "),
        ([math.nan, math.inf, 7], 3, "  █"),
        ([1, 2], 0, ""),
    ],
)
def test_the_shape_of_a_series(series: list[float | None], width: int, text: str) -> None:
    """Zero has the lowest block, the unknown none, and a peak survives when cells are few."""
    assert spark_text(series, width) == text


def test_a_common_top_makes_lines_comparable() -> None:
    """Under a given top a small series stays low, and one beyond it is cut off."""
    assert spark_text([1, 2, 30], 3, top=14) == "▂▂█"


def test_ascii_has_blocks_too() -> None:
    """Without Unicode the shape is drawn in plain signs."""
    assert spark_text([0, 1, 7], 3, symbols=ASCII_SYMBOLS) == ".:@"


@given(st.lists(values, max_size=50), st.integers(0, 20))
def test_any_series_takes_its_width(series: list[float | None], width: int) -> None:
    """Whatever the numbers, the line has exactly its cells."""
    assert cell_len(spark_text(series, width)) == width
