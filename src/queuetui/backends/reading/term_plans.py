"""How terms of a filter are said to be answered, in the same words for every store."""

from __future__ import annotations

from collections.abc import Iterable

from queuetui.backends.reading.query_scope import is_scope
from queuetui.model.errors import Unsupported
from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.pattern import Pattern
from queuetui.model.query import Comparison, Term


def plan_by_names(term: Term, names: frozenset[str], most_jobs: int) -> PlannedTerm:
    """Return how a store answers a term: by scope and whole `names`, all else job by job here."""
    is_named = term.field in names and term.comparison is Comparison.IS and not term.negated
    if is_scope(term) or (is_named and not any(isinstance(value, Pattern) for value in term.values)):
        return PlannedTerm(term, Handling.PUSHED)
    return check_here(term, most_jobs)


def check_here(term: Term, most_jobs: int) -> PlannedTerm:
    """Return that a term is checked by this program, among so many jobs a page."""
    return PlannedTerm(term, Handling.RESIDUAL, f"checked here, job by job: {most_jobs:,} jobs are looked at a page")


def require_answers(planned: Iterable[PlannedTerm]) -> None:
    """Raise Unsupported for the first term that is refused."""
    for one in planned:
        if one.handling is Handling.REFUSED:
            raise Unsupported(f"the filter on {one.term.field!r} cannot be answered: {one.why}; leave it out")
