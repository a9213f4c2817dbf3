"""Durations as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.model.duration import UNITS_S, parse_duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("0", 0),
        ("1.5", 1.5),
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("2d", 172_800),
        ("1w", 604_800),
        ("250ms", 0.25),
        ("1m500ms", 60.5),
        (" 1h 30m ", 5400),
        ("1.5h", 5400),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    """Numbers are seconds, units add up."""
    assert parse_duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "soon", "-5", "5x", "h", "1h-5m", "1e3", "5m!", "inf", "nan", "9" * 400])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """Anything else is refused with what was written."""
    with pytest.raises(ValueError, match=r"is not a duration|thousand years"):
        parse_duration_s(text)


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(sorted(UNITS_S))), min_size=1, max_size=4))
def test_pieces_add_up(pieces: list[tuple[int, str]]) -> None:
    """The duration of several pieces is the sum of theirs."""
    text = "".join(f"{number}{unit}" for number, unit in pieces)
    assert parse_duration_s(text) == pytest.approx(sum(number * UNITS_S[unit] for number, unit in pieces))
