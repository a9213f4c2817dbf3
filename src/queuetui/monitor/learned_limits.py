"""How long the runs of each type usually take, read now and then, and the limits that follow from it."""

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
# A run that takes longer than so many times what nearly all of its type take is slow, and may be held for hung.
TIMES = 3.0
MOST_RAISED = 50


class LearnedLimits:
    """What one who watches a store has learned of its types."""

    def __init__(self, limits: Limits) -> None:
        self._given = limits
        self._looked_s: float | None = None
        self.limits = limits
        self.usual: Mapping[str, Durations] = {}
        # Whether the store was asked, and does not tell.
        self.is_untold = False

    def look(self, histories: Histories, observed: Callable[[], Mapping[str, Durations]]) -> None:
        """Read again what is usual, where the last look is long ago.

        Of a store that cannot tell, that is what was observed.
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
    """Return the types whose runs need more than the floor, with what they may take."""
    needed = {name: TIMES * one.p99_s for name, one in usual.items() if one.runs >= LEAST_RUNS}
    raised = sorted(
        (name for name, span_s in needed.items() if span_s > limits.stuck_after_s), key=lambda one: -needed[one]
    )
    return {name: needed[name] for name in raised[:MOST_RAISED]}
