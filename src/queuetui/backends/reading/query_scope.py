"""Which states, queues and ids a filter leaves to be read at all: the same for every store."""

from __future__ import annotations

from queuetui.model.pattern import Pattern
from queuetui.model.query import Comparison, Query, Term
from queuetui.model.state import FINAL, LIVE, WAITING, State

STATE_FLAGS = {"live": LIVE, "final": FINAL, "waiting": WAITING}
_STUCK_STATES = WAITING | {State.PROCESSING}


def is_scope(term: Term) -> bool:
    """Tell whether a term says no more than which states and queues are read, or that only stuck jobs are."""
    return term.field == "queue" or states_named(term) is not None or _is_stuck(term)


def asks_for_stuck(query: Query) -> bool:
    """Tell whether only stuck jobs are asked for."""
    return any(map(_is_stuck, query.terms))


def states_asked(query: Query, kept: frozenset[State]) -> frozenset[State]:
    """Return the states that a filter leaves of those that a store keeps."""
    left = kept
    for term in query.terms:
        named = states_named(term)
        if named is not None:
            left = left - named if term.negated else left & named
    return left & _STUCK_STATES if asks_for_stuck(query) else left


def states_named(term: Term) -> frozenset[State] | None:
    """Return the states that a term names, negated or not, None where it is about something else."""
    if term.field == "state":
        return frozenset(State(str(value)) for value in term.values)
    if term.field == "is" and all(value in STATE_FLAGS for value in term.values):
        return frozenset().union(*(STATE_FLAGS[str(value)] for value in term.values))
    return None


def _is_stuck(term: Term) -> bool:
    return term.field == "is" and term.values == ("stuck",) and not term.negated


def names_asked(query: Query, field: str) -> tuple[str, ...] | None:
    """Return the names that a filter writes out, None where there is none or a pattern."""
    named = query.only_values(field)
    literal = tuple(one for one in named or () if isinstance(one, str))
    return None if named is None or len(literal) < len(named) else literal


def queues_asked(query: Query, known: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return which of the known queues a filter leaves, None where it says nothing about queues."""
    terms = [term for term in query.terms if term.field == "queue"]
    if not terms:
        return None
    # Of very many queues not all are known; one that is named outright is looked into all the same.
    named = [name for name in query.only_values("queue") or () if isinstance(name, str)]
    candidates = sorted({*known, *named})
    return tuple(name for name in candidates if all(_names_queue(term, name) != term.negated for term in terms))


def _names_queue(term: Term, name: str) -> bool:
    if term.comparison is Comparison.HAS:
        return any(str(value).casefold() in name.casefold() for value in term.values)
    return any(value.matches(name) if isinstance(value, Pattern) else value == name for value in term.values)
