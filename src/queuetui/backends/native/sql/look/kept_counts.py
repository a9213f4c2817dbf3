"""Caches counts of earlier polls.

Each poll recounts a bounded number of rows, whatever the size of the queues.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from queuetui.backends.forks import ForkLock
from queuetui.model.chance import CHANCE
from queuetui.model.measured import Exactness, Measured

# A count that stopped at its cap is repeated after one to two of these spans, so that not all are due in the same poll.
CAPPED_S = 30.0
# Other counts are repeated at every poll while they are of no more rows than this together; beyond that some at each poll.
MOST_ROWS = 10_000
ROWS_A_POLL = 4_000
WHOLE_S = 30.0
FEW = 50
# The key of a count: a queue and a state, the stuck jobs of a queue, or the jobs of a filter.
Place = Hashable


@dataclass(frozen=True, slots=True)
class _Kept:
    count: Measured[int]
    noted_s: float
    until_s: float

    @property
    def rows(self) -> int:
        """The cost of the count in rows; small counts cost nothing."""
        value = self.count.value or 0
        return value if value >= FEW else 0


@dataclass(slots=True)
class KeptCounts:
    """Counts by their keys."""

    _known: dict[Place, _Kept] = field(default_factory=dict)
    _guard: ForkLock = field(default_factory=ForkLock)

    def recall(self, places: Iterable[Place], cap: int) -> dict[Place, Measured[int]]:
        """Return the counts that this poll need not repeat.

        These are the counts that stopped at this cap, and the newest of the others.
        """
        now_s = time.monotonic()
        with self._guard:
            self._known = {place: kept for place, kept in self._known.items() if kept.until_s > now_s}
            asked = [(place, self._known[place]) for place in places if place in self._known]
        capped = {place: kept.count for place, kept in asked if _is_capped(kept.count) and kept.count.value == cap}
        whole = [(place, kept) for place, kept in asked if not _is_capped(kept.count)]
        return capped | _beyond_share(whole)

    def note(self, found: Iterable[tuple[Place, Measured[int]]]) -> None:
        """Cache new counts."""
        now_s = time.monotonic()
        with self._guard:
            for place, count in found:
                stands_s = CAPPED_S + CHANCE.uniform(0, CAPPED_S) if _is_capped(count) else WHOLE_S
                self._known[place] = _Kept(count, now_s, now_s + stands_s)


def _is_capped(count: Measured[int]) -> bool:
    return count.exactness is Exactness.CAPPED


def _beyond_share(whole: list[tuple[Place, _Kept]]) -> dict[Place, Measured[int]]:
    """Return the counts that are kept.

    The oldest are repeated: one at least, and as many more as fit into the poll's share.
    """
    # These were counted beyond the cap for an alarm.
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
