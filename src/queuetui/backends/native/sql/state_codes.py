"""The stored codes of states: small integers in the order of `State`, the same on every dialect."""

from __future__ import annotations

from queuetui.model.state import State

CODE_OF: dict[State, int] = {state: code for code, state in enumerate(State)}
_STATE_OF: dict[int, State] = {code: state for state, code in CODE_OF.items()}


def state_of(code: int) -> State:
    """Return the state of a stored code; a job with an unknown code is found by no statement."""
    return _STATE_OF.get(code, State.BLOCKED)


def read_code(code: int) -> State | int:
    """Return the state of a stored code, the code itself where it is unknown."""
    return _STATE_OF.get(code, code)


def is_code(code: int) -> bool:
    """Tell whether a stored code is known."""
    return code in _STATE_OF
