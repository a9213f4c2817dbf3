"""Clocks that only go forward."""

from __future__ import annotations

import time

# On Linux this clock also counts while the machine sleeps, as the store's does: a lease does not outlive a suspend unseen.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def steady_s() -> float:
    """Return seconds since some fixed point, never set back."""
    return time.clock_gettime(_BOOT_CLOCK)
