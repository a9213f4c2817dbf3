"""Which verb fits which states, and why a job was left as it is, in the same words for every product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from queuetui.model.act import Verb
from queuetui.model.errors import Unsupported
from queuetui.model.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queuetui.model.capabilities import Capabilities

MOVED_ON = "it changed since it was seen, so nothing was done; look again"
GONE = "it is not where it was seen any more: it was taken, moved or deleted; look again"
UNSEEN = "it was not seen by this backend; look again and choose it anew"
RUNS_TWICE = "if its worker still lives, the job runs twice"
PAUSED_ALREADY = {Verb.PAUSE: "it is paused already", Verb.RESUME: "it is not paused"}
# Where a message is to be put stands something that no product of it has written.
ODD_GOAL = (
    "another kind of value stands where its queue belongs in Redis, so nothing was done; look at what writes there"
)
NOT_TRIED = "it was not tried, because the store went away before"


class DeclaredVerb(Protocol):
    """What a product declares: a verb, and the states in which it does it to a job."""

    @property
    def verb(self) -> Verb:
        """The verb."""
        ...

    @property
    def states(self) -> frozenset[State]:
        """The states."""
        ...


def states_by_verb(declared: Iterable[DeclaredVerb]) -> dict[Verb, frozenset[State]]:
    """Return what each verb fits, from all that is declared."""
    applies: dict[Verb, frozenset[State]] = {}
    for one in declared:
        applies[one.verb] = applies.get(one.verb, frozenset()) | one.states
    return applies


def refuse_verb(capabilities: Capabilities, verb: Verb, what: str) -> Unsupported:
    """Return the refusal of a verb that a product does not do to jobs, queues or workers."""
    return Unsupported(capabilities.why_not(verb) or f"{verb.value} is not done to {what}")


def why_unfit(verb: Verb, state: State, fitting: Iterable[State]) -> str:
    """Say why a verb does nothing to a job in a state."""
    named = ", ".join(one.value for one in State if one in set(fitting))
    return f"it is {state.value}" + (f": {verb.value} is for jobs that are {named}" if named else "")
