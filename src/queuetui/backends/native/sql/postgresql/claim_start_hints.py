"""Keeps hints on where a worker's claims start in the index while a walk from its start is slow.

On PostgreSQL the index entry of a claimed job stays until no picture of the data can need it. While somebody holds an old one open
they pile up before the next pending job, and a claim takes longer with each job that was ever claimed since. A floor a priority lets
most claims start behind them. What waits before its floor (a released job, one of a priority not seen yet) is found by the next
walk from the start, and these take up one fiftieth of the time at most.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from queuetui.model.clock import EARLIEST
from queuetui.model.job import ClaimedJob

# The duration of a step above which its walk counts as slow, and the allowance for each job that it moves.
SLOW_S = 0.004
SLOW_A_JOB_S = 0.0001
# A single slow walk may be due to a busy machine.
SLOW_IN_A_ROW = 2
WALKS_SHARE = 50
LONGEST_S = 30.0
# Jobs become pending a little after they are due, in the order of their due times.
LOOKED_BACK = timedelta(seconds=2)
MOST_LEASES = 1_000
# With more priorities than this, floors by priority skip too little to help.
MOST_PRIORITIES = 100


class Start(NamedTuple):
    """The start of one claim; `whole` tells that it walks from the start of the index."""

    whole: bool
    priorities: Sequence[int] = ()
    dues: Sequence[datetime] = ()


@dataclass(slots=True)
class Floors:
    """The floors of one lease, which is one worker's on one queue."""

    clock: Callable[[], float] = time.monotonic
    _dues: dict[int, datetime] = field(default_factory=dict)
    _slow: int = 0
    _whole_again_s: float = 0.0

    def start(self) -> Start:
        """Return the start of the next claim."""
        if self._slow < SLOW_IN_A_ROW or not self._dues or self.clock() >= self._whole_again_s:
            return Start(whole=True)
        priorities = sorted(self._dues, reverse=True)
        return Start(False, priorities, [self._dues[priority] for priority in priorities])

    def note(self, start: Start, claimed: Sequence[ClaimedJob], finished: int, took_s: float) -> None:
        """Update the floors by the result of a step."""
        for job in claimed:
            self._dues[job.priority] = max(job.scheduled_at, EARLIEST + LOOKED_BACK) - LOOKED_BACK
        if len(self._dues) > MOST_PRIORITIES:
            self._dues.clear()
        if start.whole:
            is_slow = took_s > SLOW_S + SLOW_A_JOB_S * (finished + len(claimed))
            self._slow = self._slow + 1 if is_slow else 0
            self._whole_again_s = self.clock() + min(LONGEST_S, WALKS_SHARE * took_s)


class FloorBook:
    """The floors of every lease that this process works under."""

    def __init__(self) -> None:
        self._by_lease: dict[str, Floors] = {}

    def of_lease(self, lease_id: str) -> Floors:
        """Return a lease's hints; those of the oldest leases are forgotten, which costs a walk."""
        floors = self._by_lease.get(lease_id)
        if floors is None:
            floors = self._by_lease[lease_id] = Floors()
            while len(self._by_lease) > MOST_LEASES:
                self._by_lease.pop(next(iter(self._by_lease)), None)
        return floors
