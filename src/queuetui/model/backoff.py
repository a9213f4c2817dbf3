"""When a failed run is tried again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off: after the n-th ended attempt `min(cap_s, base_s * 2**n)`, spread by `jitter` either way."""

    base_s: float = 1.0
    cap_s: float = 3600.0
    jitter: float = 0.1

    def delay_s(self, ended_attempts: int, chance: float) -> float:
        """Return the delay after so many ended attempts; `chance` in [0, 1) spreads it."""
        exponent = min(ended_attempts, 63)
        delay = min(self.cap_s, self.base_s * 2.0**exponent)
        return delay * (1 + self.jitter * (2 * chance - 1))
