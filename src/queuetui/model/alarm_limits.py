"""The thresholds of alarms about queues and workers."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """The thresholds of the profile's `[alarms]`; each is passed when it is exceeded.

    Rates are of the last 5 minutes and 0 to 1. `type_slowdown` is how many times its 7-day median a type's median may take,
    `usage_growth` how many times its 24-hour rate a usage counter may run at. `idle_s` is for how long nothing may end while all slots
    are busy, `memory_growth` how many times its first measure a worker's memory may be. An alarm that stands ends when the share
    `clear_below` of its threshold is not exceeded for `clear_after_s`, so that one near its threshold does not come and go.
    """

    depth: int = 100
    error_rate: float = 0.05
    average_s: float = 30.0
    dead_letters_in_hour: int = 10
    dead_letters: int = 100
    worker_silent_s: float = 60.0
    retry_rate: float = 0.2
    type_slowdown: float = 3.0
    usage_growth: float = 3.0
    oldest_s: float = 600.0
    idle_s: float = 300.0
    memory_growth: float = 2.0
    clear_below: float = 0.9
    clear_after_s: float = 60.0

    @property
    def most_counted(self) -> int:
        """The largest count of a queue's jobs that a threshold needs."""
        return max(self.depth, self.dead_letters)

    def eased(self) -> AlarmLimits:
        """Return the thresholds below which a standing alarm is cleared."""
        counts = {name: int(getattr(self, name) * self.clear_below) for name in _COUNTS}
        return replace(self, **counts, **{name: getattr(self, name) * self.clear_below for name in _MEASURES})


_COUNTS = ("depth", "dead_letters_in_hour", "dead_letters")
_MEASURES = (
    "error_rate",
    "average_s",
    "worker_silent_s",
    "retry_rate",
    "type_slowdown",
    "usage_growth",
    "oldest_s",
    "memory_growth",
)
