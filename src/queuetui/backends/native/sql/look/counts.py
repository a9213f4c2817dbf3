"""Counts that stop at a cap, so that a poll costs the same at any size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Subquery, func, literal, literal_column, select, union_all

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.native.sql.look.candidates import late_waits, stuck_runs
from queuetui.backends.native.sql.look.column_types import MomentType
from queuetui.backends.native.sql.look.conditions import Condition, state_is
from queuetui.backends.native.sql.look.context_reads import names_table
from queuetui.backends.native.sql.look.kept_counts import KeptCounts, Place
from queuetui.backends.native.sql.look.layout import RUNS
from queuetui.backends.native.sql.look.stuck_criteria import LATE_STATES, PUT_OFF, StuckCriteria
from queuetui.backends.native.sql.look.sums import COUNTED, MOST_LEVELS, UNCOUNTED, Counts, cap_for
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.measured import Exactness, Measured
from queuetui.model.state import FINAL, State


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts jobs at one time of the store's clock.

    `exact` lifts the cap, which is beyond what the `alarms` ask for; what is `kept`, or known to be `running`, is not counted again.
    In queues and states that are not `held`, where that is known, is no job.
    """

    connection: Connection
    now: datetime
    exact: bool = False
    kept: KeptCounts = field(default_factory=KeptCounts)
    held: frozenset[tuple[str, State]] | None = None
    running: Mapping[str, int] | None = None
    alarms: AlarmLimits = field(default_factory=AlarmLimits)

    def count_queues(self, names: tuple[str, ...]) -> dict[str, Counts]:
        """Return the jobs of each queue in each state."""
        cap = cap_for(len(names), self.alarms)
        places = [(name, state) for state in COUNTED for name in names]
        known = {} if self.exact else self.kept.recall(places, cap)
        if self.running is not None:
            known |= {(name, State.PROCESSING): self._measure(self.running.get(name, 0), cap) for name in names}
        asked = {state: tuple(name for name in names if (name, state) not in known) for state in COUNTED}
        counted = self._count_states({state: own for state, own in asked.items() if own}, cap)
        found: dict[Place, Measured[int]] = {(name, state): self._measure(count, cap) for name, state, count in counted}
        self.kept.note(found.items())
        found |= known
        return {name: {state: found.get((name, state), UNCOUNTED[state]) for state in COUNTED} for name in names}

    def count_stuck(self, criteria: StuckCriteria, names: tuple[str, ...]) -> dict[str, Measured[int]]:
        """Return the stuck jobs of each queue."""
        runs = select(job.c.queue).where(stuck_runs(job.c, criteria)).with_hint(job, f"force index ({RUNS})", "mysql")
        runs = runs if self.exact else runs.limit(COUNT_CAP + 1)
        found = runs.subquery()
        rows = self.connection.execute(select(found.c.queue, func.count()).group_by(found.c.queue))
        counted = dict.fromkeys(names, 0) | {row[0]: row[1] for row in rows}
        # Counting runs stops at the cap over all queues, after which the count of no queue is complete.
        is_cut = not self.exact and sum(counted.values()) > COUNT_CAP
        cap = cap_for(len(names), self.alarms)
        late = [(name, None) for name in criteria.late]
        known = {} if self.exact else self.kept.recall(late, cap)
        recalled = {place[0]: known[place] for place in late if place in known}
        for name, count in self._count_waits(criteria.without(recalled.keys()), cap):
            counted[name] = counted.get(name, 0) + count
        if is_cut:
            return {name: Measured(count, Exactness.CAPPED, self.now) for name, count in counted.items()} | recalled
        stuck = {name: self._measure(count, cap) for name, count in counted.items()}
        self.kept.note((place, stuck[place[0]]) for place in late if place[0] in stuck and place not in known)
        return stuck | recalled

    def find_oldest(self, names: tuple[str, ...]) -> dict[str, datetime]:
        """Return the due time of each queue's longest-due job, scheduled and retrying jobs included."""
        first = self._first_pending(names).subquery()
        parts = [select(first.c.name, first.c.oldest), *(self._first_put_off(names, state) for state in PUT_OFF)]
        found: dict[str, datetime] = {}
        for name, due_at in self.connection.execute(union_all(*parts)):
            if due_at is not None:
                found[name] = min(due_at, found.get(name, due_at))
        return found

    def _first_pending(self, names: tuple[str, ...]) -> Select[Any]:
        """Select the due time of the first pending job of each queue and priority in use."""
        pending = state_is(job.c.state, State.PENDING)
        table = names_table(names, self.connection.dialect.name)
        top = select(func.max(job.c.priority)).where(pending, job.c.queue == table.c.value).correlate(table)
        levels = select(table.c.value.label("name"), top.scalar_subquery().label("priority")).cte(
            "levels", recursive=True
        )
        below = select(func.max(job.c.priority)).where(
            pending, job.c.queue == levels.c.name, job.c.priority < levels.c.priority
        )
        step = select(levels.c.name, below.correlate(levels).scalar_subquery()).where(levels.c.priority.is_not(None))
        levels = levels.union_all(step)
        first = select(func.min(job.c.due_at)).where(
            pending, job.c.queue == levels.c.name, job.c.priority == levels.c.priority
        )
        oldest = first.correlate(levels).scalar_subquery().label("oldest")
        return select(levels.c.name, oldest).where(levels.c.priority.is_not(None)).limit(MOST_LEVELS)

    def _first_put_off(self, names: tuple[str, ...], state: State) -> Select[Any]:
        table = names_table(names, self.connection.dialect.name, state.value)
        is_due = job.c.due_at <= literal(self.now, MomentType)
        states = state_is(job.c.state, state), state_is(job.c.state, *PUT_OFF)
        first = select(func.min(job.c.due_at)).where(*states, job.c.queue == table.c.value, is_due).correlate(table)
        return select(table.c.value, first.scalar_subquery())

    def _count_states(self, asked: Mapping[State, tuple[str, ...]], cap: int) -> Iterator[tuple[str, State, int]]:
        """Yield the counts of each state, over the queues that are to be counted for it."""
        parts = []
        for state, names in asked.items():
            table = names_table(names, self.connection.dialect.name, state.value)
            count = self._one(state, table.c.value, cap)
            parts.append(select(table.c.value, literal(state.value), count))
        for name, state, count in self.connection.execute(union_all(*parts)) if parts else ():
            yield name, State(state), count

    def _measure(self, found: int, cap: int) -> Measured[int]:
        if found > cap and not self.exact:
            return Measured(cap, Exactness.CAPPED, self.now)
        return Measured(found, as_of=self.now)

    def _count_waits(self, criteria: StuckCriteria, cap: int) -> Iterator[tuple[str, int]]:
        one: Select[Any] = select(literal_column("1"))
        for names, rule in late_waits(criteria):
            table = names_table(names, self.connection.dialect.name)
            late = [one.where(rule(job.c, criteria, table.c.value, state)) for state in LATE_STATES]
            counts = [_count(self._capped(rows, table, cap), table) for rows in late]
            for name, *found in self.connection.execute(select(table.c.value, *counts)).all():
                yield name, sum(found)

    def _one(self, state: State, name: Any, cap: int) -> Any:  # noqa: ANN401 - columns of table-valued functions are untyped
        table = job_done if state in FINAL else job
        conditions: list[Condition] = [table.c.queue == name, state_is(table.c.state, state)]
        if state in PUT_OFF:
            conditions.append(state_is(table.c.state, *PUT_OFF))
        return _count(self._capped(select(literal_column("1")).where(*conditions), name.table, cap), name.table)

    def _capped(self, rows: Select[Any], outer: Any, cap: int) -> Subquery:  # noqa: ANN401 - a table-valued alias
        rows = rows.correlate(outer)
        return (rows if self.exact else rows.limit(cap + 1)).subquery()


def _count(rows: Subquery, outer: Any) -> Any:  # noqa: ANN401 - a table-valued alias
    return select(func.count()).select_from(rows).correlate(outer).scalar_subquery()
