"""Jobs whose type this worker does not know.

They are released for another worker, with a longer delay each time, and fail after a long time.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.engine.held import RunEnding
from queuetui.model.job import Ending
from queuetui.model.limits import LONGEST_GIVEN_BACK_S

if TYPE_CHECKING:
    from queuetui.engine.clock import Clock

UNKNOWN_TYPE = "UnknownType"
FIRST_DELAY_S = 1.0
MOST_REMEMBERED = 10_000


class UnknownTypes:
    """The jobs that this worker had no handler for, and when it claimed each one first.

    During a rolling deployment old workers claim jobs of new types. If too many are remembered, a forgotten one only waits longer.
    """

    def __init__(self, after_s: float, clock: Clock) -> None:
        self._after_s = after_s
        self._clock = clock
        self._met: dict[str, tuple[float, float]] = {}

    def judge(self, ended: RunEnding) -> RunEnding:
        """Return the ending of a job of unknown type with a longer delay, or as failed; others unchanged."""
        settlement = ended.settlement
        if settlement.ending is not Ending.SNOOZED or settlement.error is None:
            return ended
        now_s = self._clock.now()
        first_s, delay_s = self._met.pop(settlement.job_id, (now_s, FIRST_DELAY_S))
        if now_s - first_s < self._after_s:
            if len(self._met) >= MOST_REMEMBERED:
                del self._met[next(iter(self._met))]
            self._met[settlement.job_id] = (first_s, min(LONGEST_GIVEN_BACK_S, 2 * delay_s))
            # No handler ran, so there is no duration to count.
            return ended._replace(settlement=settlement._replace(delay_s=delay_s, duration_s=None))
        for_s = f"; it was given back for {self._after_s:g} s" if self._after_s else ""
        error = replace(settlement.error, class_name=UNKNOWN_TYPE, message=f"{settlement.error.message}{for_s}")
        return ended._replace(settlement=settlement._replace(ending=Ending.FAILED, error=error))
