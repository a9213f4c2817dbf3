"""Which rows are stuck, in the store's own language: the same rule as `model/stuck.py`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select

from queuetui.backends.native.sql.column_types import Moment
from queuetui.backends.native.sql.conditions import Columns, Condition, state_is
from queuetui.backends.native.sql.judging import PUT_OFF, Judging, moment_before
from queuetui.backends.native.sql.tables import lease
from queuetui.model.state import State


def stuck_runs(columns: Columns, judging: Judging) -> Condition:
    """Return the condition of a processing job without a live lease, or past its run limit."""
    leased = exists(select(lease.c.id).where(lease.c.id == columns.lease_id, lease.c.until >= judging.now))
    return and_(state_is(columns.state, State.PROCESSING), or_(~leased, _over_limit(columns, judging)))


def stuck_waits(columns: Columns, judging: Judging, queue: str, state: State) -> Condition:
    """Return the condition of a job that waits too long in one state in one queue that nobody listens to."""
    # The second way to say the state is the one that the partial index is defined by.
    states = [state_is(columns.state, state), *([state_is(columns.state, *PUT_OFF)] if state in PUT_OFF else [])]
    due = columns.due_at < _before(judging, judging.limits.stuck_after_s)
    return and_(*states, columns.queue == queue, due)


def _over_limit(columns: Columns, judging: Judging) -> Condition:
    began = func.coalesce(columns.started_at, columns.claimed_at, type_=Moment)
    limits = judging.limits
    named = [(columns.type == name, _before(judging, span_s)) for name, span_s in limits.per_type_s.items()]
    named += [(columns.queue == name, _before(judging, span_s)) for name, span_s in limits.per_queue_s.items()]
    floor = _before(judging, limits.stuck_after_s)
    return began < (case(*named, else_=floor) if named else floor)


def _before(judging: Judging, span_s: float) -> ColumnElement[datetime]:
    return literal(moment_before(judging.now, span_s), Moment)
