"""Caches the due time of each queue's longest-due job.

With many queues each poll reads some of them, in turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from queuetui.backends.forks import ForkLock

QUEUES_A_POLL = 6
KEPT_S = 15.0
Found = dict[str, datetime]


@dataclass(slots=True)
class OldestShelf:
    """The cached values of queues, each with the time of its read."""

    _known: dict[str, tuple[float, datetime | None]] = field(default_factory=dict)
    _guard: ForkLock = field(default_factory=ForkLock)

    def read(
        self, names: Iterable[str], read: Callable[[tuple[str, ...]], Found], *, anew: bool = False
    ) -> tuple[Found, dict[str, float]]:
        """Return the values of queues, with their age where they come from the cache.

        `read` is called for the queues whose turn it is, with `anew` for all.
        """
        with self._guard:
            now_s = time.monotonic()
            asked = sorted(names, key=lambda name: self._known.get(name, (0.0, None))[0])
            resting = () if anew else asked[QUEUES_A_POLL:]
            held = {name: self._known[name] for name in resting if name in self._known}
            held = {name: one for name, one in held.items() if now_s - one[0] < KEPT_S}
            wanted = tuple(name for name in asked if name not in held)
            found = read(wanted) if wanted else {}
            self._known = held | {name: (now_s, found.get(name)) for name in wanted}
            kept = {name: due_at for name, (_, due_at) in held.items() if due_at is not None}
            return found | kept, {name: now_s - held[name][0] for name in kept}
