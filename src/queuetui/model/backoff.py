"""The back-off of retries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from queuetui.model.duration import read_part, read_span_s


@dataclass(frozen=True, slots=True, init=False)
class Backoff:
    """Exponential back-off.

    After the n-th ended attempt `min(cap_s, base_s * 2**n)`, spread by `jitter` (0 to 1) either way.
    """

    base_s: float
    cap_s: float
    jitter: float

    def __init__(self, base_s: float | timedelta = 1.0, cap_s: float | timedelta = 3600.0, jitter: float = 0.1) -> None:
        """Take seconds or a timedelta each; raises TypeError or ValueError for what is neither."""
        object.__setattr__(self, "base_s", read_span_s(base_s, "the base_s of a back-off"))
        object.__setattr__(self, "cap_s", read_span_s(cap_s, "the cap_s of a back-off"))
        object.__setattr__(self, "jitter", read_part(jitter, "the jitter of a back-off"))

    def delay_s(self, ended_attempts: int, chance: float) -> float:
        """Return the delay after so many ended attempts; `chance` in [0, 1) spreads it."""
        exponent = min(ended_attempts, 63)
        delay = min(self.cap_s, self.base_s * 2.0**exponent)
        return delay * (1 + self.jitter * (2 * chance - 1))
