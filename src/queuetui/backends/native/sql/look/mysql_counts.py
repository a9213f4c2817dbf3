"""Counts jobs on MySQL and MariaDB by statements that name each queue.

A derived table cannot refer to columns of the outer statement there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, literal_column, null, select, union_all

from queuetui.backends.native.sql.look.candidates import late_waits
from queuetui.backends.native.sql.look.column_types import MomentType
from queuetui.backends.native.sql.look.conditions import state_is
from queuetui.backends.native.sql.look.counts import Counter
from queuetui.backends.native.sql.look.mysql_ranges import PRIORITY_DESC
from queuetui.backends.native.sql.look.stuck_criteria import LATE_STATES, PUT_OFF, StuckCriteria
from queuetui.backends.native.sql.look.sums import MOST_LEVELS
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.model.state import FINAL, State

QUEUES_A_STATEMENT = 50
_ONE: ColumnElement[int] = literal_column("1")


class MysqlCounter(Counter):
    """Counts jobs of many queues in one statement."""

    def find_oldest(self, names: tuple[str, ...]) -> dict[str, datetime]:
        """Return the due time of each queue's longest-due job, skipping from one priority in use to the next."""
        found: dict[str, datetime] = {}
        levels: dict[str, int | None] = dict.fromkeys(names)
        put_off = [
            _first_put_off(name, state, self.now) for state in PUT_OFF for name in names if self._has(name, state)
        ]
        for _ in range(MOST_LEVELS):
            rows = self._ask([*(_next_level(name, above) for name, above in levels.items()), *put_off])
            levels, put_off = {}, []
            for name, level, due_at in rows:
                levels |= {} if level is None else {name: level}
                found |= {} if due_at is None else {name: min(due_at, found.get(name, due_at))}
            if not levels:
                break
        return found

    def _has(self, name: str, state: State) -> bool:
        return self.held is None or (name, state) in self.held

    def _count_waits(self, criteria: StuckCriteria, cap: int) -> Iterator[tuple[str, int]]:
        waits = []
        for name, rule in ((name, rule) for names, rule in late_waits(criteria) for name in names):
            late = [select(_ONE).where(rule(job.c, criteria, name, state)) for state in LATE_STATES]
            waits.append(select(literal(name), *(self._count_rows(rows, cap) for rows in late)))
        for name, *found in self._ask(waits):
            yield name, sum(found)

    def _count_states(self, asked: Mapping[State, tuple[str, ...]], cap: int) -> Iterator[tuple[str, State, int]]:
        parts = []
        for state, name in ((state, name) for state, names in asked.items() for name in names):
            if not self._has(name, state):
                yield name, state, 0
                continue
            table = job_done if state in FINAL else job
            rows = select(_ONE).where(table.c.queue == name, state_is(table.c.state, state))
            parts.append(select(literal(name), literal(state.value), self._count_rows(rows, cap)))
        for name, state, count in self._ask(parts):
            yield name, State(state), count

    def _count_rows(self, rows: Select[Any], cap: int) -> Any:  # noqa: ANN401 - a scalar subquery
        limited = (rows if self.exact else rows.limit(cap + 1)).subquery()
        return select(func.count()).select_from(limited).scalar_subquery()

    def _ask(self, parts: Sequence[Select[Any]]) -> Iterator[Any]:
        for start in range(0, len(parts), QUEUES_A_STATEMENT):
            yield from self.connection.execute(union_all(*parts[start : start + QUEUES_A_STATEMENT]))


def _next_level(name: str, above: int | None) -> Select[Any]:
    """Select a queue, its highest priority below a level, and the due time of its first job there."""
    ranked = [job.c.queue == name, state_is(job.c.state, State.PENDING)]
    ranked += [] if above is None else [-above < PRIORITY_DESC]
    first = select(job.c.priority, job.c.due_at).where(*ranked).order_by(PRIORITY_DESC, job.c.due_at).limit(1)
    found = first.with_hint(job, "force index (queuetui_job_ready)", "mysql").subquery()
    return select(literal(name), found.c.priority, found.c.due_at)


def _first_put_off(name: str, state: State, now: datetime) -> Select[Any]:
    """Select a queue, a null priority, and the due time of its first due job in a state."""
    is_due = job.c.due_at <= literal(now, MomentType)
    due = select(func.min(job.c.due_at)).where(job.c.queue == name, state_is(job.c.state, state), is_due)
    return select(literal(name), null(), due.scalar_subquery())
