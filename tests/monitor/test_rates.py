"""Rates and series out of the tally."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queuetui.model.rates import TallyMinute, recent_in_all
from queuetui.monitor.rates import completed_series
from tests.monitor.pictures import NOW

THIS_MINUTE = NOW.replace(second=0, microsecond=0)
MID_MINUTE = THIS_MINUTE + timedelta(seconds=30)


def tally(**completed: int) -> list[TallyMinute]:
    """Return minutes by how long ago they were: `m0` is this one."""
    return [
        TallyMinute(THIS_MINUTE - timedelta(minutes=int(key[1:])), completed=count) for key, count in completed.items()
    ]


@pytest.mark.parametrize(
    ("minutes", "rate"),
    [
        ({}, 0.0),
        ({"m0": 7}, 7.0),
        ({"m1": 10}, 10.0),
        ({"m0": 99, "m1": 10, "m2": 20}, 15.0),
        ({"m1": 10, "m4": 10}, 5.0),
        ({"m1": 5, "m2": 5, "m3": 5, "m4": 5, "m5": 5, "m6": 1000}, 5.0),
        ({"m5": 10}, 2.0),
        ({"m9": 10}, 0.0),
    ],
)
def test_the_rate_is_over_whole_minutes(minutes: dict[str, int], rate: float) -> None:
    """The running minute does not count once a whole one is known, and silent minutes count as nothing done."""
    assert recent_in_all(tally(**minutes), MID_MINUTE).done_per_minute == rate


def test_a_series_has_every_minute() -> None:
    """Minutes without a row are zero, the oldest comes first and this minute last."""
    series = completed_series(tally(m0=3, m2=5, m70=9), MID_MINUTE, minutes=5)
    assert series == [0, 0, 5, 0, 3]
    assert len(completed_series([], MID_MINUTE)) == 60
