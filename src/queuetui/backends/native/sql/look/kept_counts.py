"""Counts of earlier polls that still stand.

Each poll counts as many rows anew as its share is, whatever the queues hold.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from queuetui.backends.forks import ForkLock
from queuetui.model.chance import CHANCE
from queuetui.model.measured import Exactness, Measured

# What stopped at its cap is counted again after this to twice this, so that they do not all come due in one poll.
CAPPED_S = 30.0
# Others are counted at every poll while they are no more rows than this together; else some of them at each, and each after so long.
MOST_ROWS = 10_000
ROWS_A_POLL = 4_000
WHOLE_S = 30.0
FEW = 50
# What was counted: a queue and a state, the stuck jobs of a queue, the jobs of a filter.
Place = Hashable


@dataclass(frozen=True, slots=True)
class _Kept:
    count: Measured[int]
    noted_s: float
    until_s: float

    @property
    def rows(self) -> int:
        """How many rows were looked at, few ones being none."""
        value = self.count.value or 0
        return value if value >= FEW else 0


@dataclass(slots=True)
class KeptCounts:
    """What was counted, by its place."""

    _known: dict[Place, _Kept] = field(default_factory=dict)
    _guard: ForkLock = field(default_factory=ForkLock)

    def recall(self, places: Iterable[Place], cap: int) -> dict[Place, Measured[int]]:
        """Return what need not be counted at this poll.

        It is what stopped at this very cap, and the newest of the others.
        """
        now_s = time.monotonic()
        with self._guard:
            self._known = {place: kept for place, kept in self._known.items() if kept.until_s > now_s}
            asked = [(place, self._known[place]) for place in places if place in self._known]
        capped = {place: kept.count for place, kept in asked if _is_capped(kept.count) and kept.count.value == cap}
        whole = [(place, kept) for place, kept in asked if not _is_capped(kept.count)]
        return capped | _beyond_share(whole)

    def note(self, found: Iterable[tuple[Place, Measured[int]]]) -> None:
        """Remember what was counted."""
        now_s = time.monotonic()
        with self._guard:
            for place, count in found:
                stands_s = CAPPED_S + CHANCE.uniform(0, CAPPED_S) if _is_capped(count) else WHOLE_S
                self._known[place] = _Kept(count, now_s, now_s + stands_s)


def _is_capped(count: Measured[int]) -> bool:
    return count.exactness is Exactness.CAPPED


def _beyond_share(whole: list[tuple[Place, _Kept]]) -> dict[Place, Measured[int]]:
    """Return the counts that stand.

    Those noted first are counted anew, one and as many more as there is room for.
    """
    # Counted beyond the cap for an alarm.
    huge = {place: kept for place, kept in whole if kept.rows > MOST_ROWS}
    costly = sorted(((place, kept) for place, kept in whole if place not in huge), key=lambda one: one[1].noted_s)
    return _cached(huge) | _cached(_beyond_share_of(costly))


def _cached(stand: Mapping[Place, _Kept]) -> dict[Place, Measured[int]]:
    return {place: replace(kept.count, exactness=Exactness.CACHED) for place, kept in stand.items()}


def _beyond_share_of(costly: list[tuple[Place, _Kept]]) -> dict[Place, _Kept]:
    if sum(kept.rows for _, kept in costly) <= MOST_ROWS:
        return {}
    room, stand = ROWS_A_POLL, dict[Place, _Kept]()
    for place, kept in costly:
        if room == ROWS_A_POLL or kept.rows <= room:
            room -= kept.rows
        else:
            stand[place] = kept
    return stand
