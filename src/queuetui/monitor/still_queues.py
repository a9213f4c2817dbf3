"""Finds queues that stand still: jobs are overdue, none of the queue runs and none has ended lately."""

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

# For how long the result of a look is used: for a queue that stands still, and for one that moves.
_STILL_FOR_S, _MOVING_FOR_S = 30.0, 5.0
# The result of a slow look is used for longer: for this multiple of the time that the look took.
_TIMES_COST = 20
# A round of looks that has taken this long begins no further queue: one report of a standstill is enough.
LOOK_FOR_S = 0.25
# Only the queues with the oldest due jobs are looked at.
MOST_QUEUES = 5
# A single look may fall between two short runs, so a queue stands still only if no job left it between two looks this far apart.
_LOOKS_APART_S = 0.4


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look at a queue, used until `until_s`; `is_told` is False if the store gave no answer."""

    ends: QueueEnds | None
    due_at: datetime | None
    until_s: float
    limit_s: float
    is_still: bool
    is_told: bool = True
    read_s: float = 0.0


class StillQueues:
    """Looks at the late queues of a store, and remembers the results between polls."""

    def __init__(self, inspector: Inspector) -> None:
        self._signs = QueueSigns(inspector)
        self._seen: dict[str, _Seen] = {}
        self._moved_s: dict[str, float] = {}
        self._again_s = float("-inf")
        self._looking = Lock()

    def look(self, facts: Facts, *, hurried: bool) -> Mapping[str, float]:
        """Return the queues that stand still, each with the limit that its oldest due job has exceeded.

        A queue that seems to stand still for the first time is looked at a second time a moment later. A `hurried` caller leaves that
        to its next call, and spends at most a twentieth of the time on looks.
        While another thread looks, the results of before are returned.
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
            # The first picture of a console must come fast, so the first look is postponed.
            self._again_s = now_s + _MOVING_FOR_S
            return {}
        may_look = not hurried or now_s >= self._again_s
        for queue in sorted(standing[:MOST_QUEUES], key=self._next_turn_s):
            name, moment_s = queue.name.raw, time.monotonic()
            known = self._seen.get(name)
            is_open = known is None or moment_s >= known.until_s
            if may_look and is_open and moment_s - now_s < LOOK_FOR_S:
                seen[name] = self._look_at(queue, known, facts)
                # Our own store tells which queues ran lately, so one look is enough.
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
        """Tell whether the queue moved within its limit, so that it cannot be standing still."""
        if facts.capabilities.native:
            # Our own store tells which queues are idle: nothing of them is claimed, though it could be.
            return queue.name.raw not in facts.idle
        moved_s = self._moved_s.get(queue.name.raw)
        return moved_s is not None and now_s - moved_s <= facts.limits.overdue_limit_s(queue.name.raw, "")

    def _look_at(self, queue: QueueInfo, known: _Seen | None, facts: Facts) -> _Seen:
        """Look at the queue and return the result.

        If the store gives no answer, the queue stands still only if it did before and its oldest due job is the same.
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
        """Look at the queue; raises Untold if the store gives no answer."""
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
        """Tell whether a second look, _LOOKS_APART_S after the first, still finds the queue standing still.

        On large tables the first look itself took as long, and nothing is waited for.
        """
        time.sleep(max(0.0, seen.read_s + _LOOKS_APART_S - time.monotonic()))
        try:
            ends = self._signs.ends(queue.name, facts.limits)
            has_moved = seen.ends is not None and ends is not None and seen.ends.have_moved_on_to(ends)
            return not has_moved and not self._signs.runs(queue.name, facts.limits)
        except Untold:
            return False


def _limit_passed(queue: QueueInfo, ends: QueueEnds | None, facts: Facts) -> float | None:
    """Return the limit that one of the first due jobs of a queue has exceeded, None if none has."""
    waits = (("", queue.oldest_due_at),) if ends is None else ends.waits
    limits = ((facts.limits.overdue_limit_s(queue.name.raw, job_type), due_at) for job_type, due_at in waits)
    return next((limit_s for limit_s, due_at in limits if (facts.seconds_since(due_at) or 0.0) > limit_s), None)


def _until(began_s: float, *, is_still: bool) -> float:
    """Return until when the result of a look is used: longer if the look was slow."""
    now_s = time.monotonic()
    return now_s + max(_STILL_FOR_S if is_still else _MOVING_FOR_S, (now_s - began_s) * _TIMES_COST)


def _is_late(queue: QueueInfo, facts: Facts) -> bool:
    due_s = facts.seconds_since(queue.oldest_due_at)
    return due_s is not None and due_s > facts.limits.shortest_overdue_s and not queue.is_paused


def _runs(queue: QueueInfo) -> bool:
    """Tell whether more jobs of the queue are processing than are stuck, as those of a killed worker are."""
    running = queue.counts.get(State.PROCESSING)
    return running is not None and (running.value or 0) > (queue.stuck.value or 0)


def _rests(queue: QueueInfo) -> bool:
    """Tell whether the exact count of the queue's processing jobs is 0."""
    running = queue.counts.get(State.PROCESSING)
    return running is not None and running.exactness is Exactness.EXACT and running.value == 0
