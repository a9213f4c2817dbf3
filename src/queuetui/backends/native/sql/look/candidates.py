"""The conditions of stuck rows in SQL: the same rule as `model/stuck.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select

from queuetui.backends.native.sql.look.column_types import MomentType
from queuetui.backends.native.sql.look.conditions import Columns, Condition, state_is
from queuetui.backends.native.sql.look.stuck_criteria import PUT_OFF, StuckCriteria
from queuetui.backends.native.sql.look.tables import lease
from queuetui.model.clock import moment_before
from queuetui.model.limits import Limits
from queuetui.model.state import State

LateRule = Callable[[Columns, StuckCriteria, str, State], Condition]


def stuck_runs(columns: Columns, criteria: StuckCriteria) -> Condition:
    """Return the condition of a processing job without a live lease, or past its run limit."""
    leased = exists(select(lease.c.id).where(lease.c.id == columns.lease_id, lease.c.until >= criteria.now))
    return and_(state_is(columns.state, State.PROCESSING), or_(~leased, _over_limit(columns, criteria)))


def late_waits(criteria: StuckCriteria) -> tuple[tuple[tuple[str, ...], LateRule], ...]:
    """Return queues that may have stuck waiting jobs, with the condition of such a job in a state."""
    rules = ((criteria.unconsumed, _unheard_waits), (criteria.idle, _overdue_waits))
    return tuple((names, rule) for names, rule in rules if names)


def _unheard_waits(columns: Columns, criteria: StuckCriteria, queue: str, state: State) -> Condition:
    """Return the condition of a job that waits too long in a queue without a live worker."""
    late = _before(criteria, criteria.limits.stuck_after_s)
    return and_(*_waits(columns, queue, state), columns.due_at < late)


def _overdue_waits(columns: Columns, criteria: StuckCriteria, queue: str, state: State) -> Condition:
    """Return the condition of a job that waits too long in an idle queue."""
    limits = criteria.limits
    named = [(columns.type == name, _before(criteria, span_s)) for name, span_s in limits.overdue_per_type_s.items()]
    # The queue's name may be a column of the outer statement.
    named += [(columns.queue == name, _before(criteria, span_s)) for name, span_s in limits.overdue_per_queue_s.items()]
    late = columns.due_at < _before(criteria, limits.overdue_after_s)
    if named:
        # An index serves only a constant bound.
        each = case(*named, else_=_before(criteria, limits.overdue_after_s))
        late = and_(columns.due_at < _before(criteria, limits.shortest_overdue_s), columns.due_at < each)
    return and_(*_waits(columns, queue, state), late)


def _waits(columns: Columns, queue: str, state: State) -> tuple[Condition, ...]:
    # The state is repeated in the form that defines the partial index.
    states = [state_is(columns.state, state), *([state_is(columns.state, *PUT_OFF)] if state in PUT_OFF else [])]
    return (*states, columns.queue == queue)


def _over_limit(columns: Columns, criteria: StuckCriteria) -> Condition:
    began = func.coalesce(columns.started_at, columns.claimed_at, type_=MomentType)
    limits = criteria.limits
    named = [(columns.type == name, _before(criteria, span_s)) for name, span_s in limits.per_type_s.items()]
    named += [(columns.queue == name, _before(criteria, span_s)) for name, span_s in limits.per_queue_s.items()]
    floor = _before(criteria, limits.stuck_after_s)
    over = began < (case(*named, else_=floor) if named else floor)
    learned = [(columns.type == name, _before(criteria, span_s)) for name, span_s in _raised(limits).items()]
    return and_(over, began < case(*learned, else_=_before(criteria, 0))) if learned else over


def _raised(limits: Limits) -> dict[str, float]:
    """Return the learned limits of the types for which the profile sets none."""
    return {name: span_s for name, span_s in limits.learned_s.items() if name not in limits.per_type_s}


def _before(criteria: StuckCriteria, span_s: float) -> ColumnElement[datetime]:
    return literal(moment_before(criteria.now, span_s), MomentType)
