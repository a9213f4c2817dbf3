"""When a schedule of another product is next, where that stores only how it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from queuetui.model.access import OWN
from queuetui.model.limits import Limits
from queuetui.model.schedule import KeptSchedule, ScheduleReading
from queuetui.model.verdict import Code
from queuetui.monitor.schedules import describe_schedules

NOW = datetime(2026, 11, 30, 10, 2, 30, tzinfo=UTC)
NEXT = {
    "every minute": "10:03",
    "every 5 minutes": "10:05",
    "every hour": "11:00",
    "every 6 hours": "12:00",
    "every day at 5pm": "17:00",
    "every day at 12:15 am": "00:15",
    "*/20 * * * * Europe/Warsaw": "10:20",
    "every 60 s": None,
    "every other monday": None,
}


def test_the_next_slot_follows_from_an_expression_or_plain_words() -> None:
    """Of words that are not understood nothing is told."""
    kept = tuple(KeptSchedule(timing, "Clean", timing=timing) for timing in NEXT)
    found = describe_schedules(ScheduleReading(NOW, (), kept=kept), (), Limits(), OWN)
    assert {one.name.raw: one.next_at and f"{one.next_at:%H:%M}" for one in found} == NEXT


def test_a_schedule_that_is_written_down_late_is_overdue_later() -> None:
    """What its product tells only some time after a slot is waited for."""
    two_minutes_ago = NOW - timedelta(minutes=2)
    kept = (
        KeptSchedule("late", "Clean", next_at=two_minutes_ago),
        KeptSchedule("told late", "Clean", next_at=two_minutes_ago, told_within_s=185.0),
    )
    found = describe_schedules(ScheduleReading(NOW, (), kept=kept), (), Limits(), OWN)
    assert [one.verdict.code for one in found] == [Code.SCHEDULE_OVERDUE, Code.ON_SCHEDULE]
