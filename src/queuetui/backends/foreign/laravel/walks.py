"""Walks a table by its primary key, window by window, for as long as a look may take.

No other index is there to answer by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Row, Select, TableClause, func, select

from queuetui.backends.foreign.laravel.row_ids import is_numbered
from queuetui.backends.sql.budget import fetch_within

# What a page, or the search for one id, may look through of one table before it says how far it came.
WALK_S = 0.4
FIRST_IDS = 2_000
QUICK_S = 0.025
SLOW_S = 0.1
_SMALLEST_STATEMENT_S = 0.05
_SHRINK = 8


@dataclass(slots=True)
class Walk:
    """A walk from an id on, to lower or to higher ones.

    `edge` is the last id that was looked at, None before the first window.
    At least one window is looked at, however little time there is, so that each walk gets on.
    """

    connection: Connection
    rows: TableClause
    falling: bool
    low: int
    high: int
    edge: int | None = None
    paused: bool = False
    passed: int = 0
    _size: int = field(default_factory=lambda: FIRST_IDS)
    _until: float = 0.0

    def fetch(self, chosen: Select[Any], limit: int) -> list[Row[Any]]:
        """Return at most `limit` of the rows that a statement in the walk's order chooses, from where the walk is."""
        found: list[Row[Any]] = []
        self._until = self._until or monotonic() + WALK_S
        for first, last in self._windows():
            within = chosen.where(self.rows.c.id >= first, self.rows.c.id <= last).limit(limit - len(found))
            begun = monotonic()
            records = fetch_within(self.connection, within, max(_SMALLEST_STATEMENT_S, self._until - begun))
            if records is None and self._size > 1:
                self._size = max(1, self._size // _SHRINK)
                continue
            found += records or ()
            if len(found) >= limit:
                self._step_to(int(found[-1].id))
                break
            self._step_to(first if self.falling else last)
            self._adapt(monotonic() - begun)
        return found

    def _windows(self) -> Iterator[tuple[int, int]]:
        """Yield the next window as the first and last id, until the time is over, and once at least."""
        while self.low <= self.high:
            if self.edge is not None and monotonic() >= self._until:
                self.paused = True
                return
            if self.falling:
                yield max(self.low, self.high - self._size + 1), self.high
            else:
                yield self.low, min(self.high, self.low + self._size - 1)

    def _step_to(self, edge: int) -> None:
        self.edge = edge
        self.passed += self.high - edge + 1 if self.falling else edge - self.low + 1
        if self.falling:
            self.high = edge - 1
        else:
            self.low = edge + 1

    def _adapt(self, took_s: float) -> None:
        if took_s < QUICK_S:
            self._size *= 2
        elif took_s > SLOW_S:
            self._size = max(1, self._size // 2)


def begin_walk(connection: Connection, rows: TableClause, *, falling: bool, first: int | None = None) -> Walk | None:
    """Return a walk over a whole table, or from an id on.

    None for an empty table and for ids that are no numbers.
    """
    if not is_numbered(rows):
        return None
    low, high = connection.execute(select(func.min(rows.c.id), func.max(rows.c.id))).one()
    if not isinstance(low, int) or not isinstance(high, int):
        return None
    if first is not None:
        low, high = (low, min(high, first)) if falling else (max(low, first), high)
    return Walk(connection, rows, falling, low, high)


def how_far(walks: Sequence[Walk | None]) -> str:
    """Return in which tables walks did not come to the end, and how far they came; empty where all did."""
    cut = [
        f"{walk.rows.name} {'back' if walk.falling else 'up'} to row {walk.edge}"
        for walk in walks
        if walk is not None and walk.paused
    ]
    return ", ".join(cut)
