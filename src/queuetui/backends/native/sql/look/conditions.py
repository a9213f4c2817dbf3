"""Turns terms of a filter into conditions over our tables, true for the jobs `query_match` accepts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, literal_column, not_, or_, select, text
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.sql.look.column_types import StateCode
from queuetui.backends.native.sql.look.tables import CORRELATED, job_key
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.backends.sql.comparisons import COMPARE, TURNED, is_like
from queuetui.model.clock import moment_before
from queuetui.model.pattern import Pattern
from queuetui.model.query import NUMBER_FIELDS, SPAN_FIELDS, TIME_FIELDS, Term, Value
from queuetui.model.state import State

Columns = ReadOnlyColumnCollection[str, Any]
Condition = ColumnElement[bool]

_COLUMN_OF = {"worker": "worker_id", "scheduled": "due_at", "completed": "done_at"}


@dataclass(frozen=True, slots=True)
class AskedTerms:
    """The store's clock and dialect, for which conditions are made."""

    now: datetime
    dialect: str


def state_is(column: ColumnElement[State], *states: State) -> Condition:
    """Return a condition with literal state codes, as partial indexes serve no bound values."""
    codes = [literal_column(str(CODE_OF[state]), StateCode) for state in sorted(states, key=CODE_OF.__getitem__)]
    return column == codes[0] if len(codes) == 1 else column.in_(codes)


def condition_for(term: Term, columns: Columns, asked: AskedTerms) -> Condition:
    """Return the condition of a FILTER or INDEX term, negation included; an absent value satisfies none."""
    if term.field == "is":
        found = columns.cancel_requested_at.is_not(None)
    elif term.field in SPAN_FIELDS:
        found = or_(*(_span(term, value, columns, asked) for value in term.values))
    elif term.field in NUMBER_FIELDS or term.field in TIME_FIELDS:
        column = _column(term.field, columns)
        found = or_(*(COMPARE[term.comparison](column, value) for value in term.values))
    else:
        found = or_(*(_name(term.field, value, columns, asked) for value in term.values))
    return not_(func.coalesce(found, false())) if term.negated else found


def index_conditions(term: Term, columns: Columns, asked: AskedTerms) -> list[Condition]:
    """Return disjoint conditions, each with its own index, that together are an INDEX term."""
    condition = condition_for(term, columns, asked)
    if term.field != "correlation_id" or asked.dialect == "mysql":
        return [condition]
    known = [(str(value), parse_id(str(value))) for value in term.values]
    # The partial index of SQLite also excludes an id written without hyphens, a cheaper comparison.
    by_id = [
        and_(columns.id == str(found), columns.correlation_id == value)
        for value, found in known
        if found is not None
        and (str(found) == value or (asked.dialect == "sqlite" and found.hex == value.replace("-", "")))
    ]
    return [and_(condition, text(CORRELATED[asked.dialect])), *by_id]


def _column(name: str, columns: Columns) -> ColumnElement[Any]:
    column: ColumnElement[Any] = columns[_COLUMN_OF.get(name, f"{name}_at" if name in TIME_FIELDS else name)]
    return column


def _span(term: Term, value: Value, columns: Columns, asked: AskedTerms) -> Condition:
    compare = COMPARE[TURNED[term.comparison]]
    since = moment_before(asked.now, value)
    if term.field == "age":
        condition: Condition = compare(columns.created_at, since)
    elif term.field == "running":
        start = func.coalesce(columns.started_at, columns.claimed_at, type_=columns.claimed_at.type)
        condition = and_(state_is(columns.state, State.PROCESSING), compare(start, since))
    else:
        condition = and_(state_is(columns.state, State.PENDING), compare(columns.due_at, since))
    return condition


def _name(field: str, wanted: Value, columns: Columns, asked: AskedTerms) -> Condition:
    value = str(wanted)
    if field == "id":
        known = parse_id(value)
        return false() if known is None or str(known) != value else columns.id == value
    if "\0" in value:
        return false()
    column = _column(field, columns)
    if isinstance(wanted, Pattern):
        return is_like(column, wanted, asked.dialect)
    if field == "key":
        # Only the key table has an index on keys; the job's own row tells whether it still holds the key.
        holder = select(job_key.c.job_id).where(job_key.c.key == value).scalar_subquery()
        return and_(columns.id == holder, column == value)
    return column == value
