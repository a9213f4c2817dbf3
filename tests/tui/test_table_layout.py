"""Which columns fit, and where they stand."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from queuetui.tui.present.table import Column
from queuetui.tui.widgets.table_layout import GAP_CELLS, GUTTER_CELLS, place_columns

columns = st.lists(
    st.builds(
        Column,
        key=st.uuids().map(str),
        title=st.just("title"),
        min_width=st.integers(1, 30),
        max_width=st.none() | st.integers(1, 60),
        flex=st.integers(0, 3),
        priority=st.integers(0, 4),
    ),
    min_size=1,
    max_size=8,
)


@given(columns, st.integers(0, 250))
def test_columns_never_leave_the_screen_or_overlap(given_columns: list[Column], width: int) -> None:
    """Chosen columns keep their order and their gaps, and end before the edge."""
    placed = place_columns(given_columns, width)
    assert [column.place for column in placed] == sorted(column.place for column in placed)
    x = GUTTER_CELLS
    for column in placed:
        assert column.x == x
        x = column.end + GAP_CELLS
    assert placed[-1].end <= max(width, GUTTER_CELLS)


@given(columns, st.integers(60, 250))
def test_columns_keep_to_their_widths(given_columns: list[Column], width: int) -> None:
    """No column is narrower than its least or wider than its most."""
    for placed in place_columns(given_columns, width):
        assert placed.column.min_width <= placed.width <= placed.column.room


@given(columns, st.integers(60, 250))
def test_no_column_is_left_out_for_a_less_important_one(given_columns: list[Column], width: int) -> None:
    """Whatever is shown matters at least as much as whatever is not."""
    shown = {placed.place for placed in place_columns(given_columns, width)}
    hidden = [column.priority for place, column in enumerate(given_columns) if place not in shown]
    assert max(given_columns[place].priority for place in shown) <= min(hidden, default=4)


def test_room_is_shared_by_flex_up_to_the_most() -> None:
    """What one column may not take goes to the others; without takers it stays empty."""
    placed = place_columns(
        [Column("a", "a", 10), Column("b", "b", 10, max_width=15, flex=1), Column("c", "c", 10, flex=3)], 100
    )
    assert [column.width for column in placed] == [10, 15, 100 - GUTTER_CELLS - 10 - 15 - 2 * GAP_CELLS]
    assert [column.width for column in place_columns([Column("a", "a", 10)], 100)] == [10]


def test_more_room_never_takes_a_column_away() -> None:
    """Widening the screen shows the same columns or more."""
    given_columns = [Column(str(number), "x", 5 + number, priority=number % 3) for number in range(8)]
    shown = [{placed.place for placed in place_columns(given_columns, width)} for width in range(10, 160)]
    assert all(narrow <= wide for narrow, wide in pairwise(shown))
