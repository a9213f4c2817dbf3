"""The cap of counts, and their sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.native.capabilities import KEPT
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.state import State

Counts = Mapping[State, Measured[int]]
MOST_LEVELS = 10_000
# With many queues the cap of each is lower, so that a poll counts at most this many jobs of a state.
ROWS_A_STATE = 60_000
LEAST_CAP = 1_000
COUNTED = tuple(state for state in State if state in KEPT)
# No store can be queried for a name that is no text in its encoding.
_NO_NAME = "its name cannot be asked for; rename it by hand, or delete its jobs"
UNCOUNTED: Counts = {state: absent(_NO_NAME) for state in COUNTED}
WHY_ESTIMATED = "estimated from the store's statistics; exact on demand"


def cap_for(queues: int, alarms: AlarmLimits) -> int:
    """Return the cap of counts for each of this many queues.

    It is a multiple of a thousand and at most COUNT_CAP, but above the limits of alarms, which could never ring otherwise.
    """
    share = ROWS_A_STATE // max(1, queues) // LEAST_CAP * LEAST_CAP
    return max(min(COUNT_CAP, max(LEAST_CAP, share)), alarms.most_counted + 1)


def add_up(counts: Sequence[Measured[int]], now: datetime) -> Measured[int]:
    """Return the sum of counts, which is as exact as the least exact of them."""
    total = sum(one.value or 0 for one in counts)
    found = {one.exactness for one in counts}
    if Exactness.CAPPED in found:
        # A count that stopped at its cap may come from an earlier poll.
        return Measured(total, Exactness.CAPPED, min((one.as_of for one in counts if one.as_of), default=now))
    if Exactness.ESTIMATED in found:
        return Measured(total, Exactness.ESTIMATED, now, WHY_ESTIMATED)
    if Exactness.CACHED in found:
        return Measured(total, Exactness.CACHED, min((one.as_of for one in counts if one.as_of), default=now))
    return Measured(total, as_of=now)
