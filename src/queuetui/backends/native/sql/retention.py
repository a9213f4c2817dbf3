"""How long things are kept after they are over."""

from __future__ import annotations

from queuetui.backends.base import BackendOptions
from queuetui.model.state import State

DAY_US = 86_400_000_000
KEY_KEPT_US = 7 * DAY_US
TALLY_KEPT_US = 8 * DAY_US
KEPT_US = {State.COMPLETED: 7 * DAY_US, State.CANCELLED: 7 * DAY_US, State.FAILED: 90 * DAY_US}


def read_retention(options: BackendOptions) -> dict[State, int]:
    """Return how long each final state is kept: `keep_failed_s` and its like among the backend's settings, else the default."""
    written = {state: options.settings.get(f"keep_{state.value}_s") for state in KEPT_US}
    return {state: KEPT_US[state] if kept is None else round(float(kept) * 1e6) for state, kept in written.items()}
