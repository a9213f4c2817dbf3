"""What each term of a filter asks of our own stores, told before any statement is written."""

from __future__ import annotations

from enum import Enum
from fnmatch import fnmatchcase

from queuetui.model.page import Handling, PlannedTerm
from queuetui.model.query import NUMBER_FIELDS, SPAN_FIELDS, TIME_FIELDS, Comparison, Query, Term
from queuetui.model.state import FINAL, LIVE, WAITING, State

KEPT = frozenset(State) - {State.BLOCKED}
FILTERED_ROWS = 20_000
RESIDUAL_ROWS = 5_000

_STATE_FLAGS = {"live": LIVE & KEPT, "final": FINAL, "waiting": WAITING}
_STUCK_STATES = frozenset({State.PENDING, State.PROCESSING})
_INDEXED_NAMES = frozenset({"id", "key", "correlation_id"})
_FILTERED_NAMES = frozenset({"type", "name", "worker", "key", "correlation_id"})
_COMPARED = frozenset({*NUMBER_FIELDS, *SPAN_FIELDS, *TIME_FIELDS})


class Kind(Enum):
    """Who answers a term."""

    SCOPE = "which states, queues or candidates are read at all"
    INDEX = "an index of the store"
    FILTER = "a condition that the store checks row by row"
    RESIDUAL = "this program, row by row"


def kind_of(term: Term) -> Kind:
    """Return who answers a term."""
    if term.field in {"state", "queue"}:
        return Kind.SCOPE
    if term.field == "is":
        return _kind_of_flags(term)
    if term.field in _COMPARED:
        return Kind.FILTER
    if term.comparison is not Comparison.IS:
        return Kind.RESIDUAL
    exact = not term.negated and not any(has_wildcard(str(value)) for value in term.values)
    if exact and term.field in _INDEXED_NAMES:
        return Kind.INDEX
    return Kind.FILTER if term.field in _FILTERED_NAMES else Kind.RESIDUAL


def _kind_of_flags(term: Term) -> Kind:
    if all(value in _STATE_FLAGS for value in term.values) or (term.values == ("stuck",) and not term.negated):
        return Kind.SCOPE
    return Kind.FILTER if term.values == ("cancelling",) else Kind.RESIDUAL


def has_wildcard(value: str) -> bool:
    """Tell whether a value of an IS term is a pattern."""
    return "*" in value or "?" in value


def asks_for_stuck(query: Query) -> bool:
    """Tell whether only stuck jobs are asked for."""
    return any(term.field == "is" and term.values == ("stuck",) and not term.negated for term in query.terms)


def states_asked(query: Query) -> frozenset[State]:
    """Return the states that a filter leaves."""
    left = KEPT
    for term in query.terms:
        named = _states_of(term)
        if named is not None:
            left = left - named if term.negated else left & named
    return left & _STUCK_STATES if asks_for_stuck(query) else left


def _states_of(term: Term) -> frozenset[State] | None:
    if term.field == "state":
        return frozenset(State(str(value)) for value in term.values)
    if term.field == "is" and all(value in _STATE_FLAGS for value in term.values):
        return frozenset().union(*(_STATE_FLAGS[str(value)] for value in term.values))
    return None


def queues_asked(query: Query, known: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return which of the known queues a filter leaves, None where it says nothing about queues."""
    terms = [term for term in query.terms if term.field == "queue"]
    if not terms:
        return None
    # Of very many queues not all are known; one that is named outright is looked into all the same.
    named = [name for name in query.only_values("queue") or () if not has_wildcard(name)]
    candidates = sorted({*known, *named})
    return tuple(name for name in candidates if all(_names_queue(term, name) != term.negated for term in terms))


def _names_queue(term: Term, name: str) -> bool:
    values = [str(value) for value in term.values]
    if term.comparison is Comparison.HAS:
        return any(value.casefold() in name.casefold() for value in values)
    return any(name == value or fnmatchcase(name, value.replace("[", "[[]")) for value in values)


def types_asked(query: Query) -> tuple[str, ...] | None:
    """Return the types that a filter names outright, None where it names none or writes a pattern."""
    names = query.only_values("type")
    return None if names is None or any(has_wildcard(name) for name in names) else names


def plan_terms(query: Query) -> tuple[PlannedTerm, ...]:
    """Return how each term is answered, in our words where it is not by an index."""
    return tuple(_plan_term(term, states_asked(query)) for term in query.terms)


def _plan_term(term: Term, states: frozenset[State]) -> PlannedTerm:
    match kind_of(term):
        case Kind.SCOPE | Kind.INDEX:
            return PlannedTerm(term, Handling.PUSHED)
        case Kind.FILTER if term.field == "type" and states == {State.COMPLETED} and not term.negated:
            return PlannedTerm(term, Handling.PUSHED)
        case Kind.FILTER:
            return PlannedTerm(
                term, Handling.PUSHED, f"no index serves it: {FILTERED_ROWS:,} jobs are looked at a page"
            )
        case _:
            why = f"checked here, job by job: {RESIDUAL_ROWS:,} jobs are looked at a page"
            return PlannedTerm(term, Handling.RESIDUAL, why)
