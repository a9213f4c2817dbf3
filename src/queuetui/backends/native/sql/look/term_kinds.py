"""Classifies the terms of a filter by how our own stores answer them."""

from __future__ import annotations

from enum import Enum

from queuetui.backends.reading.query_scope import is_scope
from queuetui.backends.reading.term_plans import check_here
from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.pattern import Pattern
from queuetui.model.query import NUMBER_FIELDS, SPAN_FIELDS, TIME_FIELDS, Comparison, Query, Term

FILTERED_ROWS = 20_000
RESIDUAL_ROWS = 5_000

_INDEXED_NAMES = frozenset({"id", "key", "correlation_id"})
_FILTERED_NAMES = frozenset({"type", "name", "worker", "key", "correlation_id"})
_COMPARED = frozenset({*NUMBER_FIELDS, *SPAN_FIELDS, *TIME_FIELDS})


class TermKind(Enum):
    """How a term is answered."""

    SCOPE = "which states, queues or candidates are read at all"
    INDEX = "an index of the store"
    FILTER = "a condition that the store checks row by row"
    RESIDUAL = "this program, row by row"


def kind_of(term: Term) -> TermKind:
    """Return how a term is answered."""
    if is_scope(term):
        return TermKind.SCOPE
    if term.field == "is":
        return TermKind.FILTER if term.values == ("cancelling",) else TermKind.RESIDUAL
    if term.field in _COMPARED:
        return TermKind.FILTER
    if term.comparison is not Comparison.IS:
        return TermKind.RESIDUAL
    exact = not term.negated and not any(isinstance(value, Pattern) for value in term.values)
    if exact and term.field in _INDEXED_NAMES:
        return TermKind.INDEX
    return TermKind.FILTER if term.field in _FILTERED_NAMES else TermKind.RESIDUAL


def plan_terms(query: Query) -> tuple[PlannedTerm, ...]:
    """Return the plan of each term, in words where no index answers it."""
    return tuple(_plan_term(term) for term in query.terms)


def _plan_term(term: Term) -> PlannedTerm:
    match kind_of(term):
        case TermKind.SCOPE | TermKind.INDEX:
            return PlannedTerm(term, Handling.PUSHED)
        case TermKind.FILTER:
            return PlannedTerm(
                term, Handling.PUSHED, f"no index serves it: {FILTERED_ROWS:,} jobs are looked at a page"
            )
        case _:
            return check_here(term, RESIDUAL_ROWS)
