"""Which states, queues and types a filter leaves to be read at all: the same for every native store."""

from __future__ import annotations

from queuetui.model.pattern import Pattern
from queuetui.model.query import Comparison, Query, Term
from queuetui.model.state import FINAL, LIVE, WAITING, State

KEPT = frozenset(State) - {State.BLOCKED}
STATE_FLAGS = {"live": LIVE & KEPT, "final": FINAL, "waiting": WAITING}
_STUCK_STATES = WAITING | {State.PROCESSING}


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
    if term.field == "is" and all(value in STATE_FLAGS for value in term.values):
        return frozenset().union(*(STATE_FLAGS[str(value)] for value in term.values))
    return None


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
