"""How long a native queue keeps final jobs, idempotency keys, events and acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from queuetui.model.duration import parse_duration_s
from queuetui.model.errors import BadConfig
from queuetui.model.state import State

DAY_S = 86_400.0
TALLY_KEPT_S = 8 * DAY_S


@dataclass(frozen=True, slots=True)
class Retention:
    """Seconds from the final state to the prune; a key is held as long after its job's end.

    The settings are `native.keep_completed`, `native.keep_cancelled`, `native.keep_failed`, `native.keep_keys`, `native.keep_events`
    and `native.keep_acts`, durations like `30d`.
    """

    completed_s: float = 7 * DAY_S
    cancelled_s: float = 7 * DAY_S
    failed_s: float = 90 * DAY_S
    keys_s: float = 7 * DAY_S
    events_s: float = 7 * DAY_S
    acts_s: float = 90 * DAY_S

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Read the settings of a profile; raises BadConfig, which names the setting."""
        chosen = {}
        for name in ("completed", "cancelled", "failed", "keys", "events", "acts"):
            written = settings.get(f"native.keep_{name}")
            if written is not None:
                chosen[f"{name}_s"] = _read_setting(f"native.keep_{name}", written)
        return cls(**chosen)

    def kept_s(self, state: State) -> float:
        """Return the seconds that a job of a final state is kept."""
        kept = {State.COMPLETED: self.completed_s, State.CANCELLED: self.cancelled_s, State.FAILED: self.failed_s}
        return kept[state]


def _read_setting(name: str, written: str) -> float:
    try:
        return parse_duration_s(written)
    except ValueError as error:
        raise BadConfig(f"{name}: {error}", name) from None
