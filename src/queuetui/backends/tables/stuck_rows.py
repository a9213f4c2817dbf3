"""Which rows are stuck: those that are held, or have been due, for too long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, false, func, not_, or_, true

from queuetui.backends.tables.source import DEFAULT_QUEUE, Condition, Field, Moment, Source
from queuetui.model.state import WAITING, State

# A limit in seconds: the usual one, those of some queues, and those of some types.
_Limit = tuple[float, Mapping[str, float], Mapping[str, float]]


def is_stuck(source: Source, moment: Moment) -> Condition:
    """Return the condition for the rows of a source that are stuck; it is never NULL."""
    ways = [_is_held_too_long(source, moment), *_ways_to_be_overdue(source, moment)]
    if source.out_of_attempts is not None:
        ways.append(source.out_of_attempts)
    return func.coalesce(or_(*ways), false())


def states_of_stuck(source: Source) -> frozenset[State]:
    """Return the states in which a row of a source may be stuck."""
    waits = WAITING if source.fields.keys() & {"scheduled", "created"} else frozenset[State]()
    return frozenset(source.states) & (waits | {State.PROCESSING})


def _is_held_too_long(source: Source, moment: Moment) -> Condition:
    running = source.in_states([State.PROCESSING], moment)
    started, updated, held = source.fields.get("started"), source.fields.get("updated"), source.held
    if running is None or (held is None and started is None):
        return false()
    over = false() if started is None else _is_run_over(source, started, moment)
    if started is not None and updated is not None:
        over = or_(over, and_(started.at.is_(None), _is_run_over(source, updated, moment)))
    if held is None:
        return and_(running, over)
    is_past = held.at < held.codec.to_store(moment.now)
    return and_(running, or_(is_past, and_(held.at.is_(None), over)))


def _is_run_over(source: Source, since: Field, moment: Moment) -> Condition:
    limits = moment.limits
    over = _is_over(source, since, moment, (limits.stuck_after_s, limits.per_queue_s, limits.per_type_s))
    learned = {name: span_s for name, span_s in limits.learned_s.items() if name not in limits.per_type_s}
    return and_(over, _is_over(source, since, moment, (0, {}, learned))) if learned else over


def _ways_to_be_overdue(source: Source, moment: Moment) -> Iterator[Condition]:
    """Yield the ways to be overdue, as `due_since` in the model; a pause is reason enough to wait."""
    limits = moment.limits
    ways: list[tuple[_Limit, Condition]] = [
        ((limits.overdue_after_s, limits.overdue_per_queue_s, limits.overdue_per_type_s), true()),
    ]
    if moment.served_queues is not None:
        ways.append(((limits.stuck_after_s, {}, {}), not_(_is_of_queue(source, moment.served_queues))))
    waiting, pending = source.in_states(WAITING, moment), source.in_states([State.PENDING], moment)
    due, created = source.fields.get("scheduled"), source.fields.get("created")
    for limit, among in ways:
        runs = and_(among, not_(_is_of_queue(source, moment.paused_queues))) if moment.paused_queues else among
        if due is not None and waiting is not None:
            yield and_(waiting, runs, _is_over(source, due, moment, limit))
        if created is not None and pending is not None:
            unknown = true() if due is None else due.at.is_(None)
            yield and_(pending, runs, unknown, _is_over(source, created, moment, limit))


def _is_of_queue(source: Source, names: frozenset[str]) -> Condition:
    """Return the condition for rows of some queues; it is never NULL."""
    if "queue" not in source.fields:
        return true() if DEFAULT_QUEUE in names else false()
    return func.coalesce(source.fields["queue"].at.in_(sorted(names)), false())


def _is_over(source: Source, since: Field, moment: Moment, limit: _Limit) -> Condition:
    """Return the condition for rows past a limit: that of their type, else their queue, else the usual."""

    def ago(limit_s: float) -> Any:  # noqa: ANN401 - a time as the store holds it
        return since.codec.to_store(moment.now - timedelta(seconds=limit_s))

    usual_s, per_queue_s, per_type_s = limit
    own = [
        (_has_name(source, name, value), since.at < ago(limit_s))
        for name, each in (("type", per_type_s), ("queue", per_queue_s))
        for value, limit_s in each.items()
        if name in source.fields
    ]
    usual: Condition = since.at < ago(usual_s)
    return case(*own, else_=usual) if own else usual


def _has_name(source: Source, name: str, value: str) -> Condition:
    if name == "type" and source.decoded.has_type is not None:
        return source.decoded.has_type(value)
    found: Condition = source.fields[name].at == value
    return found
