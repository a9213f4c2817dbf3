"""The usual run times of each job type, read every few minutes, and the limits derived from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from queuetui.model.errors import QueueTuiError
from queuetui.model.histories import LEAST_RUNS, Durations

if TYPE_CHECKING:
    from queuetui.backends.histories import Histories
    from queuetui.model.limits import Limits

SPAN_S = 86_400.0
LOOK_EVERY_S = 300.0
# A run that lasts longer than this multiple of its type's p99 is slow, and may be reported as hung.
TIMES = 3.0
MOST_RAISED = 50


class LearnedLimits:
    """The usual run times of a store's job types, and the limits raised by them."""

    def __init__(self, limits: Limits) -> None:
        self._given = limits
        self._looked_s: float | None = None
        self.limits = limits
        self.usual: Mapping[str, Durations] = {}
        # Whether the store was asked and keeps no run times.
        self.is_untold = False

    def look(self, histories: Histories, observed: Callable[[], Mapping[str, Durations]]) -> None:
        """Read the usual run times again, if the last reading is older than LOOK_EVERY_S.

        If the store keeps none, the observed ones are used.
        """
        if self._looked_s is not None and monotonic() - self._looked_s < LOOK_EVERY_S:
            return
        self._looked_s = monotonic()
        try:
            measured = histories.usual_runs(SPAN_S)
            usual = observed() if measured.value is None else {one.name.raw: one for one in measured.value}
        except QueueTuiError:
            return
        self.is_untold, self.usual = measured.value is None, usual
        self.limits = replace(self._given, learned_s=raise_limits(self.usual, self._given))


def raise_limits(usual: Mapping[str, Durations], limits: Limits) -> Mapping[str, float]:
    """Return the job types whose runs usually need more than `stuck_after_s`, each with its raised limit."""
    needed = {name: TIMES * one.p99_s for name, one in usual.items() if one.runs >= LEAST_RUNS}
    raised = sorted(
        (name for name, span_s in needed.items() if span_s > limits.stuck_after_s), key=lambda one: -needed[one]
    )
    return {name: needed[name] for name in raised[:MOST_RAISED]}
