"""Who answers each term of a filter: the server's sorted sets, or this program job by job."""

from __future__ import annotations

from queuetui.backends.reading.query_scope import is_scope
from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.pattern import Pattern
from queuetui.model.query import Comparison, Query, Term

RESIDUAL_JOBS = 5_000
_OF_PAYLOAD = frozenset({"payload", "data", "word"})


def residual_terms(query: Query) -> tuple[Term, ...]:
    """Return the terms that this program checks job by job."""
    return tuple(term for term in query.terms if not is_scope(term))


def needs_payload(terms: tuple[Term, ...]) -> bool:
    """Tell whether the terms cannot be checked without payloads."""
    return any(term.field in _OF_PAYLOAD for term in terms)


def plan_terms(query: Query) -> tuple[PlannedTerm, ...]:
    """Return how each term is answered."""
    return tuple(_plan_term(term) for term in query.terms)


def _plan_term(term: Term) -> PlannedTerm:
    names_ids = term.field in {"id", "correlation_id"} and term.comparison is Comparison.IS and not term.negated
    if is_scope(term) or (names_ids and not any(isinstance(value, Pattern) for value in term.values)):
        return PlannedTerm(term, Handling.PUSHED)
    return PlannedTerm(
        term, Handling.RESIDUAL, f"checked here, job by job: {RESIDUAL_JOBS:,} jobs are looked at a page"
    )
