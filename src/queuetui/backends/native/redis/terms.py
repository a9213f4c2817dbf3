"""Plans a filter: sorted sets answer some terms, this program checks the others job by job."""

from __future__ import annotations

from queuetui.backends.reading.query_scope import is_scope
from queuetui.backends.reading.term_plans import plan_by_names
from queuetui.model.page import PlannedTerm
from queuetui.model.query import Query, Term

RESIDUAL_JOBS = 5_000
_FOUND_BY_NAME = frozenset({"id", "correlation_id"})
_OF_PAYLOAD = frozenset({"payload", "data", "word"})


def residual_terms(query: Query) -> tuple[Term, ...]:
    """Return the terms that this program checks job by job."""
    return tuple(term for term in query.terms if not is_scope(term))


def needs_payload(terms: tuple[Term, ...]) -> bool:
    """Tell whether the terms cannot be checked without payloads."""
    return any(term.field in _OF_PAYLOAD for term in terms)


def plan_terms(query: Query) -> tuple[PlannedTerm, ...]:
    """Return how each term is answered."""
    return tuple(plan_by_names(term, _FOUND_BY_NAME, RESIDUAL_JOBS) for term in query.terms)
