"""Reports the progress of long operations from time to time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, ParamSpec

from queuetui.cli.output import say

P = ParamSpec("P")
EVERY_S = 2.0


class Progress(Generic[P]):
    """Called at every step, reports one every EVERY_S seconds; a shorter operation reports nothing."""

    def __init__(self, describe: Callable[P, str]) -> None:
        self._describe = describe
        self._said_at = time.monotonic()

    def __call__(self, *step: P.args, **named: P.kwargs) -> None:
        """Report this step, if EVERY_S seconds have passed."""
        now = time.monotonic()
        if now - self._said_at >= EVERY_S:
            self._said_at = now
            say(f"still looking: {self._describe(*step, **named)}")
