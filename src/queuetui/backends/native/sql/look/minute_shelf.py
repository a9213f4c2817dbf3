"""Caches the tally's past minutes, so that a poll reads only the last ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from queuetui.backends.forks import ForkLock

_MINUTE = timedelta(minutes=1)
# A transaction adds to the minute in which it began and commits within half a minute, so the last two minutes may still change.
OPEN_MINUTES = 2


@dataclass(slots=True)
class MinuteShelf:
    """Rows by their minute: all minutes from `_from` to `_to` have been read."""

    _known: dict[datetime, list[Any]] = field(default_factory=dict)
    _from: datetime | None = None
    _to: datetime | None = None
    _guard: ForkLock = field(default_factory=ForkLock)

    def read(self, now: datetime, minutes: int, read: Callable[[datetime], Iterable[Any]]) -> list[Any]:
        """Return the rows of the last minutes; `read` returns the rows after a time, which are not cached yet."""
        since, settled = now - minutes * _MINUTE, now.replace(second=0, microsecond=0) - OPEN_MINUTES * _MINUTE
        with self._guard:
            after = self._first_unknown(since, settled)
            rows = list(read(after))
            for minute in [one for one in self._known if one > after or one <= since]:
                del self._known[minute]
            for row in rows:
                self._known.setdefault(row.minute, []).append(row)
            self._from, self._to = since, settled
            return [row for minute in sorted(self._known) for row in self._known[minute]]

    def _first_unknown(self, since: datetime, settled: datetime) -> datetime:
        """Return the time after which minutes must be read: all of them if the store's clock was set back."""
        if self._from is None or self._to is None or since < self._from or settled < self._to:
            return since
        return max(since, self._to - _MINUTE)
