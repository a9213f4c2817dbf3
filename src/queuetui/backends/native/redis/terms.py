"""Who answers each term of a filter: the server's sorted sets, or this program job by job."""

from __future__ import annotations

from queuetui.backends.native.query_scope import STATE_FLAGS
from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.pattern import Pattern
from queuetui.model.query import Comparison, Query, Term

RESIDUAL_JOBS = 5_000
_OF_PAYLOAD = frozenset({"payload", "data", "word"})


def is_scope(term: Term) -> bool:
    """Tell whether a term says no more than which sorted sets are read."""
    if term.field in {"state", "queue"}:
        return True
    if term.field != "is":
        return False
    return all(value in STATE_FLAGS for value in term.values) or (term.values == ("stuck",) and not term.negated)


def names_asked(query: Query, field: str) -> tuple[str, ...] | None:
    """Return the ids or correlation ids that a filter names outright, None where it names none or writes a pattern."""
    named = query.only_values(field)
    literal = tuple(one for one in named or () if isinstance(one, str))
    return None if named is None or len(literal) < len(named) else literal


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
