"""Numbers that say how they were got."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queuetui.model.counted import short_number
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.tui.present.numbers import count_text

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (Measured(12_403), "12,403"),
        (Measured(0), "0"),
        (Measured(10_000, Exactness.CAPPED), "10,000+"),
        (Measured(4_123_456, Exactness.ESTIMATED), "~4.1M"),
        (Measured(812, Exactness.CACHED, NOW - timedelta(minutes=7)), "812 (7 m)"),
        (Measured(10_000, Exactness.CAPPED, NOW - timedelta(seconds=45)), "10,000+ (40 s)"),
        (Measured(812, Exactness.CACHED, NOW - timedelta(seconds=9)), "812"),
        (Measured(812, Exactness.EXACT, NOW - timedelta(minutes=7)), "812"),
        (absent("Laravel keeps none"), "-"),
        (Measured(None), "-"),
    ],
)
def test_a_count_says_how_far_to_trust_it(count: Measured[int], text: str) -> None:
    """Capped, estimated and cached counts look different from exact ones, and absent is not zero."""
    assert count_text(count, NOW) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (9_999, "9,999"),
        (12_400, "12.4k"),
        (99_960, "100k"),
        (123_456, "123k"),
        (999_999, "1.0M"),
        (4_100_000, "4.1M"),
        (2.5e9, "2.5G"),
        (7e12, "7.0T"),
        (-12_400, "-12.4k"),
    ],
)
def test_short_numbers_keep_to_few_digits(value: float, text: str) -> None:
    """Large numbers take a unit."""
    assert short_number(value) == text
