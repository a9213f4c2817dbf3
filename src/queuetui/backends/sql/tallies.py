"""How many rows of each kind a table has: counted within the server's time, else from a sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from sqlalchemy import Connection

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.groups import Grouping, GroupTally, read_tally
from queuetui.backends.sql.samples import SMALL, USUAL, read_sample
from queuetui.model.clock import EARLIEST
from queuetui.model.measured import Exactness, Measured

BUDGET_S = 0.25
SHORTEST_BUDGET_S = 0.05
HURRIED_BUDGET_S = 0.02
# A count may take a fiftieth of the server's time; one that did not end is tried again after a minute.
REST_FACTOR = 50
RETRY_AFTER_S = 60.0
_SAMPLED = "scaled from a sample of its rows: to count them all takes the server too long; a queue with few rows may be missing"


@dataclass(frozen=True, slots=True)
class Tallies:
    """What was found; `counted` tells an exact count from a scaled sample."""

    groups: tuple[GroupTally, ...]
    counted: bool
    as_of: datetime

    @property
    def number(self) -> int:
        """All rows."""
        return sum(tally.number for tally in self.groups)

    def measure(self, value: int, now: datetime) -> Measured[int]:
        """Return a number made of these with how it was got."""
        if not self.counted:
            return Measured(value, Exactness.ESTIMATED, self.as_of, _SAMPLED)
        return Measured(value, Exactness.EXACT if self.as_of == now else Exactness.CACHED, self.as_of)


@dataclass(slots=True)
class BudgetedCounter:
    """Counts a table as often as its cost allows; in between the last tallies stand, and tell their age."""

    retry_at: float = 0.0
    _last: Tallies | None = None
    _costly_until: float = 0.0

    @property
    def last_at(self) -> datetime:
        """When the tallies that stand were found."""
        return EARLIEST if self._last is None else self._last.as_of

    def read(
        self,
        connection: Connection,
        grouping: Grouping,
        now: datetime,
        *,
        exact: bool = False,
        budget_s: float = BUDGET_S,
        hurried: bool = False,
        is_spent: bool = False,
    ) -> Tallies:
        """Return the rows by group, exact within the server's time, or `exact` however long it takes.

        The first ones of a `hurried` reader are found in the shortest time, or from a smaller sample; the next ones have
        the whole budget. A reader whose time `is_spent` takes what stands of a table that is costly to count.
        """
        begun = monotonic()
        if not exact and self._last is not None and (begun < self._costly_until or (is_spent and self._costly_until)):
            return self._last
        hurried = hurried and self._last is None
        allowed_s = HURRIED_BUDGET_S if hurried else max(budget_s, SHORTEST_BUDGET_S)
        counted = self._count(connection, grouping, exact=exact, budget_s=allowed_s)
        groups = read_sample(connection, grouping, SMALL if hurried else USUAL) if counted is None else counted
        found = Tallies(tuple(groups), counted is not None, now)
        # Of a sample few rows may match, and to take it is costly all the same.
        rests = counted is None or found.number > COUNT_CAP
        self._last, self._costly_until = found, monotonic() + (monotonic() - begun) * REST_FACTOR if rests else 0.0
        return found

    def _count(
        self, connection: Connection, grouping: Grouping, *, exact: bool, budget_s: float
    ) -> Iterable[GroupTally] | None:
        counting = grouping.select_all(connection.dialect.name)
        if not exact and monotonic() < self.retry_at:
            return None
        records = connection.execute(counting).fetchall() if exact else fetch_within(connection, counting, budget_s)
        if records is None:
            self.retry_at = 0.0 if budget_s < SHORTEST_BUDGET_S else monotonic() + RETRY_AFTER_S
            return None
        return (read_tally(record, grouping) for record in records)
