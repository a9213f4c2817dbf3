"""Windows in which alarms are not told."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from queuetui.model.silence import DailyWindow, Silence, SingleWindow

NIGHT = DailyWindow(time(22), time(6), frozenset({4}))
LUNCH = DailyWindow(time(12), time(13), zone=ZoneInfo("Europe/Vienna"))


def at(text: str) -> datetime:
    """Return a moment."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("window", "moment", "holds"),
    [
        (NIGHT, "2026-12-04T21:59Z", False),
        (NIGHT, "2026-12-04T22:00Z", True),
        (NIGHT, "2026-12-05T05:59Z", True),
        (NIGHT, "2026-12-05T06:00Z", False),
        (NIGHT, "2026-12-05T22:30Z", False),
        (NIGHT, "2026-12-04T05:00Z", False),
        (LUNCH, "2026-12-04T11:30Z", True),
        (LUNCH, "2026-12-04T12:30Z", False),
        (LUNCH, "2026-07-04T10:30Z", True),
        (SingleWindow(at("2026-12-24T22:00Z"), at("2026-12-25T22:00Z")), "2026-12-25T21:00+00:00", True),
        (SingleWindow(at("2026-12-24T22:00Z"), at("2026-12-25T22:00Z")), "2026-12-25T23:30+01:00", False),
    ],
)
def test_a_window_is_open_between_its_ends(window: DailyWindow | SingleWindow, moment: str, holds: bool) -> None:
    """A night belongs to the day it begins on; a zone has its summer; the end is outside."""
    assert window.holds(at(moment)) is holds


@pytest.mark.parametrize(
    ("codes", "names", "covers"),
    [
        ((), (), True),
        (("depth_over",), (), True),
        (("stale",), (), False),
        ((), ("mail",), True),
        ((), ("slow",), False),
    ],
)
def test_a_silence_is_of_what_it_names(codes: tuple[str, ...], names: tuple[str, ...], covers: bool) -> None:
    """Where it names neither codes nor names, it is of all."""
    always = SingleWindow(at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z"))
    assert Silence(always, codes, names).covers("depth_over", "mail", at("2026-06-01T00:00Z")) is covers
