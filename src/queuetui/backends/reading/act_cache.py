"""What costly looks told, kept by name until somebody acts."""

from __future__ import annotations

from typing import Generic, TypeVar

from queuetui.backends.forks import ForkLock

Name = TypeVar("Name")
Told = TypeVar("Told")
# A costly look is not made again for so many times as long as it took, up to the longest rest.
REST_FACTOR, LONGEST_REST_S = 50, 30.0


def rest_s(cost_s: float) -> float:
    """Return for how long a look rests that took so long."""
    return min(cost_s * REST_FACTOR, LONGEST_REST_S)


class ActCache(Generic[Name, Told]):
    """The newest answers of looks; an act empties it, as who has just changed jobs wants to see that."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[Name, Told] = {}
        self._acts = 0
        self._guard = ForkLock()

    def find(self, name: Name) -> tuple[Told | None, int]:
        """Return what is kept under a name, and how many acts there were."""
        with self._guard:
            return self._kept.get(name), self._acts

    def keep(self, name: Name, told: Told, acts: int) -> None:
        """Keep an answer, unless something was changed since so many acts were counted."""
        with self._guard:
            if acts != self._acts:
                return
            self._kept.pop(name, None)
            self._kept[name] = told
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def drop(self, name: Name) -> None:
        """Keep nothing under a name."""
        with self._guard:
            self._kept.pop(name, None)

    def forget(self) -> None:
        """Keep nothing of what was told so far."""
        with self._guard:
            self._kept.clear()
            self._acts += 1
