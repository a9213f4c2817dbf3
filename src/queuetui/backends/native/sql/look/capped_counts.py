"""Which counts stopped at their cap lately: they are not counted again at each poll."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from queuetui.model.measured import Exactness, Measured
from queuetui.model.state import State

# Each is counted again after this to twice this, so that they do not all come due in one poll.
KEPT_S = 30.0
# A queue and a state, None for those of its jobs that wait for too long.
Place = tuple[str, State | None]


@dataclass(slots=True)
class CappedCounts:
    """The capped counts by queue and state, each with the time until which it holds."""

    _known: dict[Place, tuple[float, Measured[int]]] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def recall(self, places: Iterable[Place], cap: int) -> dict[Place, Measured[int]]:
        """Return those that still hold and stopped at this very cap."""
        now_s = time.monotonic()
        with self._guard:
            self._known = {place: one for place, one in self._known.items() if one[0] > now_s and one[1].value == cap}
            return {place: self._known[place][1] for place in places if place in self._known}

    def note(self, found: Iterable[tuple[Place, Measured[int]]]) -> None:
        """Remember the capped ones of what was counted."""
        until_s = time.monotonic() + KEPT_S
        with self._guard:
            for place, count in found:
                if count.exactness is Exactness.CAPPED:
                    self._known[place] = (until_s + random.uniform(0, KEPT_S), count)
