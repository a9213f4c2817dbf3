"""Times: whole microseconds in stores, aware UTC in the program, one text for programs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from queuetui.model.clock import EARLIEST, EPOCH, LATEST, from_us, to_text, to_us


@given(st.datetimes(timezones=st.just(UTC)))
def test_microseconds_lose_nothing(at: datetime) -> None:
    """A time turned to microseconds and back is the same time."""
    assert from_us(to_us(at)) == at
    assert from_us(to_us(at)).tzinfo is UTC


def test_the_epoch_is_zero() -> None:
    """Microseconds count from 1970, and below it are negative."""
    assert (to_us(EPOCH), to_us(EPOCH - timedelta(microseconds=1))) == (0, -1)


def test_times_outside_the_calendar_are_its_ends() -> None:
    """Microseconds before the year 1 and after 9999 keep their order and fail nothing."""
    assert (from_us(-(2**63)), from_us(2**63), from_us(10**4000)) == (EARLIEST, LATEST, LATEST)


def test_texts_are_utc_with_microseconds() -> None:
    """A time is written in UTC with six digits, whatever its own zone."""
    at = datetime(2026, 1, 31, 10, 0, 0, 5, tzinfo=timezone(timedelta(hours=2)))
    assert to_text(at) == "2026-01-31T08:00:00.000005Z"


@given(st.datetimes(min_value=datetime(1000, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_texts_sort_as_times_and_are_read_back(at: datetime) -> None:
    """The text of a time is that time again."""
    assert datetime.fromisoformat(to_text(at)) == at
