"""Numbers of any size and kind in options are taken or refused in words."""

from __future__ import annotations

import click
import pytest

from queuetui.cli.options import NEGATED_TERM, NumberRange, duration, some, written_time


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999", "9" * 5000, "-1", "x", ""])
def test_what_is_no_number_between_the_bounds_is_refused(text: str) -> None:
    """Neither a number that compares with nothing nor one without end passes a bound."""
    with pytest.raises(click.BadParameter):
        NumberRange(min=0).convert(text, None, None)


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e9", "9" * 5000, "9" * 400 + "d", "1" * 30 + "w", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A duration has digits and units, and ends within a thousand years."""
    with pytest.raises(click.BadParameter):
        duration(text)


@pytest.mark.parametrize(
    "text", ["infinity", "10000-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "-1", "9" * 5000, ""]
)
def test_what_is_no_time_of_the_calendar_is_refused(text: str) -> None:
    """A time is one of the years 1 to 9999 in UTC."""
    with pytest.raises(click.BadParameter):
        written_time(text)


@pytest.mark.parametrize("text", ["0", "-1", "9" * 30, "9" * 5000, "1e3", ""])
def test_what_is_no_count_of_things_is_refused(text: str) -> None:
    """So many as no store and no loop of ours takes are too many."""
    with pytest.raises(click.BadParameter):
        some(text)


def test_a_word_of_many_keys_is_looked_through_once() -> None:
    """Whether it is a negated term is known however many keys it has."""
    word = f"-payload{'.a' * 100}"
    assert NEGATED_TERM.match(f"{word}:1")
    assert not NEGATED_TERM.match(f"{word} x")
