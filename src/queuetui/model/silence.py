"""Windows of time in which alarms trigger no actions.

Every day between two times, or once between two moments.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DailyWindow:
    """From a time of the day until another, of the next day where that is not later.

    `days` are those it begins on.
    """

    begins: time
    ends: time
    days: frozenset[int] = frozenset(range(7))
    zone: tzinfo = UTC

    def holds(self, at: datetime) -> bool:
        """Tell whether it is open."""
        local = at.astimezone(self.zone)
        return any(self._is_open(day, local) for day in (local.date(), local.date() - _DAY))

    def _is_open(self, day: date, local: datetime) -> bool:
        if day.weekday() not in self.days:
            return False
        last = day if self.begins < self.ends else day + _DAY
        moment = local.replace(tzinfo=None)
        return datetime.combine(day, self.begins) <= moment < datetime.combine(last, self.ends)


@dataclass(frozen=True, slots=True)
class SingleWindow:
    """From one moment until another."""

    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        """Tell whether it is open."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Silence:
    """A window, and what it silences: alarms of these codes about these names; where none are given, all."""

    window: DailyWindow | SingleWindow
    codes: Collection[str] = field(default=frozenset())
    names: Collection[str] = field(default=frozenset())

    def covers(self, code: str, name: str, at: datetime) -> bool:
        """Tell whether an alarm is silenced at a time."""
        return (
            (not self.codes or code in self.codes) and (not self.names or name in self.names) and self.window.holds(at)
        )
