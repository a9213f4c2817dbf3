"""How states are stored: small integers in the order of `State`, the same on every dialect."""

from __future__ import annotations

from queuetui.model.state import State

CODE_OF: dict[State, int] = {state: code for code, state in enumerate(State)}
STATE_OF: tuple[State, ...] = tuple(State)
