"""Finds the queues whose jobs are due for too long while nothing of them runs or has ended lately."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from queuetui.model.measured import Exactness
from queuetui.model.state import State
from queuetui.monitor.queue_signs import QueueEnds, QueueSigns, Untold

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector
    from queuetui.model.snapshot import QueueInfo
    from queuetui.monitor.diagnosis.facts import Facts

# What stands still is looked at again after so long, what may move sooner.
_STILL_FOR_S, _MOVING_FOR_S = 30.0, 5.0
_TIMES_COST = 20
# Once reading took so long no further queue is begun with: one that stands still is enough to be told.
LOOK_FOR_S = 0.25
# The queues that wait longest; of more, these tell enough.
MOST_QUEUES = 5
# Between two short runs nothing is seen to run: a queue stands of which nothing has gone after so long either.
_LOOKS_APART_S = 0.4


@dataclass(frozen=True, slots=True)
class _Seen:
    """A queue at one look, which holds until then: its ends, its limit, and whether it stands still."""

    ends: QueueEnds | None
    due_at: datetime | None
    until_s: float
    limit_s: float
    is_still: bool
    is_told: bool = True
    read_s: float = 0.0


class StillQueues:
    """What one who watches a store remembers of its late queues."""

    def __init__(self, inspector: Inspector) -> None:
        self._signs = QueueSigns(inspector)
        self._seen: dict[str, _Seen] = {}
        self._moved_s: dict[str, float] = {}
        self._again_s = float("-inf")
        self._looking = Lock()

    def look(self, facts: Facts, *, hurried: bool) -> Mapping[str, float]:
        """Return the queues that stand still, and the limit that the oldest job of each is over.

        One that is late for the first time is looked at once more a moment later; who is `hurried` leaves that to the next look, and
        spends a twentieth of the time on all looks.
        While another looks, what was seen before is told.
        """
        if not self._looking.acquire(blocking=False):
            return {name: one.limit_s for name, one in self._seen.items() if one.is_still}
        try:
            self._seen = self._look(facts, hurried=hurried)
            return {name: one.limit_s for name, one in self._seen.items() if one.is_still}
        finally:
            self._looking.release()

    def _look(self, facts: Facts, *, hurried: bool) -> dict[str, _Seen]:
        late = [queue for queue in facts.queues.values() if _is_late(queue, facts)]
        now_s = time.monotonic()
        moved = {one.name.raw: now_s for one in late if _runs(one)}
        names = {one.name.raw for one in late}
        self._moved_s = {name: at_s for name, at_s in self._moved_s.items() if name in names} | moved
        standing = [queue for queue in late if not self._has_moved(queue, facts, now_s)]
        standing.sort(key=lambda queue: -(facts.seconds_since(queue.oldest_due_at) or 0.0))
        seen: dict[str, _Seen] = {}
        suspects: list[QueueInfo] = []
        if hurried and self._again_s == float("-inf"):
            # What is shown first waits for no look.
            self._again_s = now_s + _MOVING_FOR_S
            return {}
        may_look = not hurried or now_s >= self._again_s
        for queue in sorted(standing[:MOST_QUEUES], key=self._next_turn_s):
            name, moment_s = queue.name.raw, time.monotonic()
            known = self._seen.get(name)
            is_open = known is None or moment_s >= known.until_s
            if may_look and is_open and moment_s - now_s < LOOK_FOR_S:
                seen[name] = self._look_at(queue, known, facts)
                # Of our own queue it is known what of it ran lately, and one look is enough.
                is_first = (known is None or not known.is_told) and not facts.capabilities.native
                if is_first and seen[name].is_still:
                    suspects.append(queue)
            elif known is not None:
                seen[name] = known
        if may_look:
            self._again_s = time.monotonic() + (time.monotonic() - now_s) * _TIMES_COST
        for queue in suspects:
            one = seen[queue.name.raw]
            if hurried or not self._stands(queue, one, facts):
                until_s = _until(time.monotonic(), is_still=False)
                seen[queue.name.raw] = replace(one, is_still=False, until_s=until_s)
        return seen

    def _next_turn_s(self, queue: QueueInfo) -> float:
        known = self._seen.get(queue.name.raw)
        return float("-inf") if known is None else known.until_s

    def _has_moved(self, queue: QueueInfo, facts: Facts, now_s: float) -> bool:
        """Tell whether the queue moved for so short a time ago that its jobs cannot be said to be left."""
        if facts.capabilities.native:
            # Our own store tells what of it ran lately.
            return queue.name.raw not in facts.idle
        moved_s = self._moved_s.get(queue.name.raw)
        return moved_s is not None and now_s - moved_s <= facts.limits.overdue_limit_s(queue.name.raw, "")

    def _look_at(self, queue: QueueInfo, known: _Seen | None, facts: Facts) -> _Seen:
        """Return the queue as it is seen.

        One that cannot be looked at stands still only where it was seen to, and its oldest job is the same.
        """
        began_s = time.monotonic()
        try:
            return self._see(queue, known, facts)
        except Untold:
            until_s = _until(began_s, is_still=False)
            if known is None:
                return _Seen(None, None, until_s, 0.0, is_still=False, is_told=False)
            return replace(known, until_s=until_s, is_still=known.is_still and known.due_at == queue.oldest_due_at)

    def _see(self, queue: QueueInfo, known: _Seen | None, facts: Facts) -> _Seen:
        """Look at the queue; raises Untold."""
        began_s, due_at = time.monotonic(), queue.oldest_due_at
        ends = self._signs.ends(queue.name, facts.limits)
        read_s = time.monotonic()
        passed_s = _limit_passed(queue, ends, facts)
        limit_s = facts.limits.overdue_after_s if passed_s is None else passed_s
        if known is not None and known.ends is not None and ends is not None and known.ends.have_moved_on_to(ends):
            self._moved_s[queue.name.raw] = began_s
            return _Seen(ends, due_at, _until(began_s, is_still=False), limit_s, is_still=False)
        is_left = (
            passed_s is not None
            and not self._signs.has_ended(queue.name, facts, limit_s)
            and (_rests(queue) or not self._signs.runs(queue.name, facts.limits))
        )
        return _Seen(ends, due_at, _until(began_s, is_still=is_left), limit_s, is_still=is_left, read_s=read_s)

    def _stands(self, queue: QueueInfo, seen: _Seen, facts: Facts) -> bool:
        """Look once more, as soon as a moment has passed.

        On large tables that is what the looks themselves take.
        """
        time.sleep(max(0.0, seen.read_s + _LOOKS_APART_S - time.monotonic()))
        try:
            ends = self._signs.ends(queue.name, facts.limits)
            has_moved = seen.ends is not None and ends is not None and seen.ends.have_moved_on_to(ends)
            return not has_moved and not self._signs.runs(queue.name, facts.limits)
        except Untold:
            return False


def _limit_passed(queue: QueueInfo, ends: QueueEnds | None, facts: Facts) -> float | None:
    """Return the limit that one of the first due jobs of a queue is over, None where none is."""
    waits = (("", queue.oldest_due_at),) if ends is None else ends.waits
    limits = ((facts.limits.overdue_limit_s(queue.name.raw, job_type), due_at) for job_type, due_at in waits)
    return next((limit_s for limit_s, due_at in limits if (facts.seconds_since(due_at) or 0.0) > limit_s), None)


def _until(began_s: float, *, is_still: bool) -> float:
    """Return until when what was seen holds: longer where it was costly to see."""
    now_s = time.monotonic()
    return now_s + max(_STILL_FOR_S if is_still else _MOVING_FOR_S, (now_s - began_s) * _TIMES_COST)


def _is_late(queue: QueueInfo, facts: Facts) -> bool:
    due_s = facts.seconds_since(queue.oldest_due_at)
    return due_s is not None and due_s > facts.limits.shortest_overdue_s and not queue.is_paused


def _runs(queue: QueueInfo) -> bool:
    """Tell whether more of the queue is counted to run than is stuck, as what ran in a killed worker is."""
    running = queue.counts.get(State.PROCESSING)
    return running is not None and (running.value or 0) > (queue.stuck.value or 0)


def _rests(queue: QueueInfo) -> bool:
    """Tell whether it is known that nothing of the queue runs now."""
    running = queue.counts.get(State.PROCESSING)
    return running is not None and running.exactness is Exactness.EXACT and running.value == 0
