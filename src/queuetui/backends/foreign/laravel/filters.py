"""Which terms of a filter Laravel's tables can answer themselves, and how."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, TableClause, Text, and_, cast, false, func, or_

from queuetui.backends.foreign.laravel.row_ids import has_id
from queuetui.backends.foreign.laravel.rows import DEFAULT_QUEUE, FAILED, JOBS, is_uuid, row_of_id
from queuetui.backends.foreign.laravel.states import JOB_STATES, KEPT_STATES, in_state, stuck_candidates
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.reading.term_plans import require_answers
from queuetui.model.limits import Limits
from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.query import Comparison, Query, Term, Value
from queuetui.model.state import FINAL, LIVE, WAITING, State

Condition = ColumnElement[bool]

_ABSENT_FIELDS = {
    "worker": "Laravel does not store which worker holds a job",
    "key": "Laravel's jobs carry no idempotency key",
    "correlation_id": "Laravel's jobs carry no correlation id",
    "priority": "Laravel's jobs have no priority: workers take whole queues in an order of their own",
    "lost": "Laravel does not count lost runs apart",
}
_FLAG_STATES = {"live": LIVE, "final": FINAL, "waiting": WAITING, "cancelling": frozenset[State]()}
_RESIDUAL_WHY = "it is read out of each payload or row here, not by the database"
_ENVELOPE = frozenset(
    {
        "backoff", "createdAt", "data", "delay", "displayName", "failOnTimeout", "job", "maxExceptions", "maxTries",
        "pushedAt", "retryUntil", "silenced", "tags", "telescope_uuid", "timeout", "type", "uuid",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableFilter:
    """What a query asks of each table: a condition, or None where no row of the table can match.

    `finds_failed_by_key`: an index of failed_jobs leads to the rows that match. `only_reserved`: they are jobs that
    a worker took, which are among the oldest rows, as rows are taken in the order of their ids.
    """

    jobs: Condition | None
    failed: Condition | None
    is_exact: bool
    finds_failed_by_key: bool = False
    only_reserved: bool = False


def plan_terms(query: Query, limits: Limits) -> tuple[PlannedTerm, ...]:
    """Return how each term is answered."""
    return tuple(_plan_term(term, limits) for term in query.terms)


def _plan_term(term: Term, limits: Limits) -> PlannedTerm:
    if term.field in _ABSENT_FIELDS:
        return PlannedTerm(term, Handling.REFUSED, _ABSENT_FIELDS[term.field])
    if _states_of(term) is not None or _is_plain_queue(term):
        return PlannedTerm(term, Handling.PUSHED)
    if _is_stuck_term(term) and not limits.per_type_s:
        return PlannedTerm(term, Handling.PUSHED)
    if _is_plain_id(term):
        return PlannedTerm(term, Handling.PUSHED)
    return PlannedTerm(term, Handling.RESIDUAL, _RESIDUAL_WHY)


def build_filter(query: Query, tables: Tables, now_s: int, limits: Limits) -> TableFilter:
    """Return the conditions that hold for every matching row.

    Raises Unsupported for a term that is refused.
    """
    planned = plan_terms(query, limits)
    require_answers(planned)
    states = KEPT_STATES
    for term in query.terms:
        allowed = _states_of(term)
        states = states if allowed is None else states & allowed
    jobs = _jobs_condition(query, tables, states, now_s, limits)
    failed = None if tables.failed is None else _failed_condition(query, tables, states)
    by_key = tables.failed_has_uuid and any(map(_is_plain_id, query.terms))
    only_reserved = states == {State.PROCESSING} or any(map(_is_stuck_term, query.terms))
    return TableFilter(jobs, failed, all(one.handling is Handling.PUSHED for one in planned), by_key, only_reserved)


def _jobs_condition(
    query: Query, tables: Tables, states: frozenset[State], now_s: int, limits: Limits
) -> Condition | None:
    jobs = tables.jobs
    wanted = [state for state in JOB_STATES if state in states]
    if jobs is None or not wanted:
        return None
    conditions = [] if len(wanted) == len(JOB_STATES) else [or_(*(in_state(jobs, state, now_s) for state in wanted))]
    for term in query.terms:
        if _is_plain_queue(term):
            conditions.append(_queue_condition(term, jobs, tables))
        elif _is_stuck_term(term):
            conditions.append(stuck_candidates(jobs, now_s, limits))
        elif _is_plain_id(term):
            conditions.append(or_(*(_job_id(jobs, str(value)) for value in term.values)))
        else:
            conditions += _time_condition(term, jobs, now_s)
    return and_(*conditions) if conditions else jobs.c.id.is_not(None)


def _failed_condition(query: Query, tables: Tables, states: frozenset[State]) -> Condition | None:
    failed = tables.failed
    if failed is None or State.FAILED not in states or any(_is_stuck_term(term) for term in query.terms):
        return None
    conditions = [_queue_condition(term, failed, tables) for term in query.terms if _is_plain_queue(term)]
    ids = [term.values for term in query.terms if _is_plain_id(term)]
    conditions += [or_(*(_failed_id(tables, failed, str(value)) for value in values)) for values in ids]
    return and_(*conditions) if conditions else failed.c.id.is_not(None)


def _states_of(term: Term) -> frozenset[State] | None:
    """Return the kept states that a term allows, None for a term about something else."""
    if term.comparison is not Comparison.IS:
        return None
    if term.field == "state":
        allowed = frozenset(State(str(value)) for value in term.values)
    elif term.field == "is" and "stuck" not in term.values:
        allowed = frozenset[State]().union(*(_FLAG_STATES[str(value)] for value in term.values))
    else:
        return None
    return KEPT_STATES - allowed if term.negated else KEPT_STATES & allowed


def _is_stuck_term(term: Term) -> bool:
    return term.field == "is" and term.values == ("stuck",) and not term.negated


def _is_plain_queue(term: Term) -> bool:
    return term.field == "queue" and term.comparison is Comparison.IS and all(_is_plain(value) for value in term.values)


def _is_plain_id(term: Term) -> bool:
    plain = term.field == "id" and term.comparison is Comparison.IS and not term.negated
    return plain and all(_is_plain(value) for value in term.values)


def _is_plain(value: Value) -> bool:
    return isinstance(value, str) and not any(mark in value for mark in "*?[\0")


def _queue_condition(term: Term, table: TableClause, tables: Tables) -> Condition:
    values = [str(value) for value in term.values]
    asked: ColumnElement[str] = table.c.queue
    wanted = values
    if tables.lowers_queues:
        asked, wanted = func.lower(cast(asked, Text())), [value.lower() for value in values]
    found = asked.not_in(wanted) if term.negated else asked.in_(wanted)
    # Only failed_jobs may have no queue, which is the default one.
    takes_null = "exception" in table.c and (DEFAULT_QUEUE in values) is not term.negated
    return or_(found, table.c.queue.is_(None)) if takes_null else found


def _job_id(jobs: TableClause, job_id: str) -> Condition:
    named = row_of_id(job_id)
    if named is not None:
        return has_id(jobs, named[1]) if named[0] == JOBS else false()
    return has_uuid(jobs, job_id) if is_uuid(job_id) else false()


def has_uuid(jobs: TableClause, uuid: str) -> Condition:
    """Return a condition for the rows whose payload carries a uuid; the characters of one need no escapes."""
    payload = cast(jobs.c.payload, Text())
    # JSON as a type of the database writes a space before a value.
    return or_(payload.like(f'%"uuid":"{uuid}"%'), payload.like(f'%"uuid": "{uuid}"%'))


def _failed_id(tables: Tables, failed: TableClause, job_id: str) -> Condition:
    named = row_of_id(job_id)
    if named is not None:
        return has_id(failed, named[1]) if named[0] == FAILED else false()
    if not is_uuid(job_id):
        return false()
    return failed.c.uuid == job_id if tables.failed_has_uuid else has_uuid(failed, job_id)


def _time_condition(term: Term, jobs: TableClause, now_s: int) -> list[Condition]:
    """Narrow rows by a due or reserved time; each row is compared again here, in its own unit."""
    if term.negated:
        return []
    value = term.values[0]
    if term.field == "running" and isinstance(value, float):
        return [_compare_span(term.comparison, jobs.c.reserved_at, now_s - value)]
    if term.field == "started" and isinstance(value, datetime):
        return [_compare_time(term.comparison, jobs.c.reserved_at, value)]
    if term.field == "scheduled" and isinstance(value, datetime):
        return [_compare_time(term.comparison, jobs.c.available_at, value)]
    return []


def _compare_span(comparison: Comparison, at: ColumnElement[int], since_s: float) -> Condition:
    longer = comparison in (Comparison.OVER, Comparison.AT_LEAST)
    return at <= int(since_s) + 1 if longer else at >= int(since_s) - 1


def _compare_time(comparison: Comparison, at: ColumnElement[int], value: datetime) -> Condition:
    at_s = int(value.timestamp())
    later = comparison in (Comparison.OVER, Comparison.AT_LEAST)
    return at >= at_s - 1 if later else at <= at_s + 1


def reach_into_command(term: Term) -> Term:
    """Let `payload.orderId` mean the command's own property, beside the payload's outer keys."""
    if term.field != "payload" or not term.path or term.path[0] in _ENVELOPE:
        return term
    return replace(term, path=("data", "command", *term.path))
