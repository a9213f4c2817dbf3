"""What was told by reading many jobs, kept for a while where that took this process long."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic, thread_time
from typing import Any, TypeVar

from queuetui.backends.reading.act_cache import ActCache, rest_s
from queuetui.model.limits import Limits

T = TypeVar("T")
# So much of this process's time is not spent at each poll.
COSTLY_S = 0.03
_MOST_KEPT = 500


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a look told."""

    told: Any
    # By which it judged.
    limits: Limits
    as_of: datetime
    # By the monotonic clock.
    until: float


class LookCache(ActCache[Hashable, _Kept]):
    """Looks that a console makes at each poll, each known by a name."""

    def __init__(self) -> None:
        super().__init__(_MOST_KEPT)

    def read(
        self, name: Hashable, look: Callable[[], T], limits: Limits, now: datetime, *, exact: bool
    ) -> tuple[T, datetime]:
        """Return what a look tells, and when: now, or lately where it is costly and need not be `exact`."""
        known, acts = self.find(name)
        if known is not None and not exact and monotonic() < known.until and known.limits == limits:
            told: T = known.told
            return told, known.as_of
        begun = thread_time()
        told = look()
        cost_s = thread_time() - begun
        if cost_s >= COSTLY_S:
            self.keep(name, _Kept(told, limits, now, monotonic() + rest_s(cost_s)), acts)
        else:
            # What was kept is older.
            self.drop(name)
        return told, now
