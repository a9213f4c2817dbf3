"""Whether a source has more rows than the server sorts in a moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from sqlalchemy import Connection, func, literal, select, true

from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables.source import SORTED_ROWS, Source

_LOOK_S = 0.1
_AGAIN_AFTER_S = 30.0
# What was counted as large hardly ever is no more; what could not be counted in time may have met a busy server.
_LARGE_AGAIN_AFTER_S = 600.0


@dataclass
class Sizes:
    """Remembers for a while which sources are large."""

    sorted_rows: int = SORTED_ROWS
    _large: dict[tuple[str, int], tuple[bool, float]] = field(default_factory=dict)
    # Those that could not be counted in time, and pass for large meanwhile.
    _uncounted: set[tuple[str, int]] = field(default_factory=set)

    def is_large(self, source: Source, connection: Connection, *, is_asked: bool = False) -> bool:
        """Tell whether rows are too many to be sorted; they are counted up to that number.

        `is_asked`: a person asked for the order, so that it may cost more than the usual one.
        """
        most = self._most(source, is_asked=is_asked)
        known = self._large.get((source.name, most))
        if known is not None and monotonic() < known[1]:
            return known[0]
        some = select(literal(1).label("one")).select_from(source.rows).where(source.shown(true()))
        number = select(func.count()).select_from(some.limit(most + 1).subquery())
        found = fetch_within(connection, number, _LOOK_S)
        counted = found is not None and int(found[0][0]) > most
        large = found is None or counted
        (self._uncounted.add if found is None else self._uncounted.discard)((source.name, most))
        self._large[source.name, most] = (large, monotonic() + (_LARGE_AGAIN_AFTER_S if counted else _AGAIN_AFTER_S))
        return large

    def describe(self, source: Source, *, is_asked: bool) -> str:
        """Say of a source that passes for large why it does."""
        most = self._most(source, is_asked=is_asked)
        if (source.name, most) in self._uncounted:
            return f"the rows of {source.name} could not be counted in {_LOOK_S:g} s, so they may be too many to be sorted: it has"
        return f"{source.name} has over {most:,} rows and"

    def _most(self, source: Source, *, is_asked: bool) -> int:
        return self.sorted_rows if is_asked else min(self.sorted_rows, source.usually_sorted_rows)
