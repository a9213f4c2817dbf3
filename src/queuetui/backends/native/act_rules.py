"""The states that each act applies to, with the refusals; a test compares them with the Redis script."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.state import FINAL, State

WAITS = "it is waiting to run already"
RUNS_RELEASE = "it is being worked on; release it once its lease is over"
RUNS_CANCEL = "it is being worked on; cancel it first"
ASKED = "it was asked to stop already"
IDLE = "nobody is working on it"
HELD = "its worker still holds it; cancel it instead"
# A job whose stored state is unknown is shown as blocked.
NO_STATE = "its stored state is none that is known; delete it, or write a right state by hand"
STOPPING = "it was asked to stop; its worker ends it"

JOB_VERBS = (Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.RELEASE)


def refuse(verb: Verb, state: State) -> str:
    """Return why an act does not apply to a job in a state, an empty text where it does."""
    runs = state is State.PROCESSING
    match verb:
        case _ if state is State.BLOCKED and verb is not Verb.DELETE:
            return NO_STATE
        case Verb.RETRY if runs:
            return RUNS_RELEASE
        case Verb.RETRY if state is State.PENDING:
            return WAITS
        case Verb.CANCEL if state in FINAL:
            return over(state)
        case Verb.DELETE if runs:
            return RUNS_CANCEL
        case Verb.RELEASE if not runs:
            return IDLE
        case _:
            return ""


def over(state: State) -> str:
    """Return the refusal of an act on a job that has ended."""
    return f"it is {state.value} already"


APPLIES = {verb: frozenset(state for state in State if not refuse(verb, state)) for verb in JOB_VERBS}
