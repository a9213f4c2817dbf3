"""Finds the queues whose jobs are due for too long while nothing of them runs or has ended lately."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.model.clock import to_text
from queuetui.model.errors import QueueTuiError
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.monitor.queue_progress import term_of_queue

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector
    from queuetui.model.job import Job
    from queuetui.model.limits import Limits
    from queuetui.model.snapshot import QueueInfo
    from queuetui.monitor.diagnosis.facts import Facts

# What stands still is looked at again after so long, what may move sooner.
_STILL_FOR_S, _MOVING_FOR_S = 30.0, 5.0
_TIMES_COST = 20
# A look that took so long begins with no further queue: one that stands still is enough to be told.
LOOK_FOR_S = 0.25
# The queues that wait longest; of more, these tell enough.
MOST_QUEUES = 5
# Between two short runs nothing is seen to run: a queue stands whose first job stays over so many looks.
_LOOKS = 3
_LOOKS_APART_S = 0.2


@dataclass(frozen=True, slots=True)
class _Seen:
    """A queue at one look: its first job, until when that holds, its limit, and whether it stands still."""

    first: str | None
    until_s: float
    limit_s: float
    is_still: bool


class StillQueues:
    """What one who watches a store remembers of its late queues."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector
        self._seen: Mapping[str, _Seen] = {}
        self._moved_s: Mapping[str, float] = {}

    def look(self, facts: Facts, *, hurried: bool) -> Mapping[str, float]:
        """Return the queues that stand still, and the limit that the oldest job of each is over.

        One that is late for the first time is looked at over again at once; who is `hurried` leaves that to the next look.
        """
        if not facts.queues:
            return {}
        late = [queue for queue in facts.queues.values() if _is_late(queue, facts)]
        now_s = time.monotonic()
        moved = {one.name.raw: now_s for one in late if _runs(one)}
        self._moved_s = {
            one.name.raw: self._moved_s[one.name.raw] for one in late if one.name.raw in self._moved_s
        } | moved
        standing = [queue for queue in late if not self._has_moved(queue, facts, now_s)]
        standing.sort(key=lambda queue: -(facts.seconds_since(queue.oldest_due_at) or 0.0))
        seen = dict[str, _Seen]()
        for queue in standing[:MOST_QUEUES]:
            known, moment_s = self._seen.get(queue.name.raw), time.monotonic()
            is_fresh = known is not None and moment_s < known.until_s
            if not is_fresh and moment_s - now_s < LOOK_FOR_S:
                seen[queue.name.raw] = self._see(queue, known, facts, hurried=hurried)
            elif known is not None:
                seen[queue.name.raw] = known
        self._seen = seen
        return {name: one.limit_s for name, one in seen.items() if one.is_still}

    def _has_moved(self, queue: QueueInfo, facts: Facts, now_s: float) -> bool:
        """Tell whether the queue moved for so short a time ago that its jobs cannot be said to be left."""
        if facts.capabilities.native:
            # Our own store tells what of it ran lately.
            return queue.name.raw not in facts.idle
        moved_s = self._moved_s.get(queue.name.raw)
        return moved_s is not None and now_s - moved_s <= facts.limits.overdue_limit_s(queue.name.raw, "")

    def _see(self, queue: QueueInfo, known: _Seen | None, facts: Facts, *, hurried: bool) -> _Seen:
        began_s = time.monotonic()
        first = self._first(queue, facts.limits)
        first_id, job_type = (None, "") if first is None else (first.ref.id, first.type.raw)
        limit_s = facts.limits.overdue_limit_s(queue.name.raw, job_type)
        if known is not None and None not in {known.first, first_id} and known.first != first_id:
            self._moved_s = {**self._moved_s, queue.name.raw: began_s}
            return _Seen(first_id, _until(began_s, is_still=False), limit_s, is_still=False)
        is_left = (facts.seconds_since(queue.oldest_due_at) or 0.0) > limit_s and not self._has_ended(
            queue, facts, limit_s
        )
        if is_left and known is None and not facts.capabilities.native:
            is_left = not hurried and all(self._stands(queue, first_id, facts.limits) for _ in range(_LOOKS - 1))
        return _Seen(first_id, _until(began_s, is_still=is_left), limit_s, is_still=is_left)

    def _stands(self, queue: QueueInfo, first_id: str | None, limits: Limits) -> bool:
        """Look once more, a little later."""
        time.sleep(_LOOKS_APART_S)
        first = self._first(queue, limits)
        is_same = (None if first is None else first.ref.id) == first_id
        return is_same and self._one(queue, "state:processing", limits) is None

    def _has_ended(self, queue: QueueInfo, facts: Facts, span_s: float) -> bool:
        """Tell whether something of the queue ended within the limit, as far as the store keeps that."""
        kept = [state.value for state in (State.COMPLETED, State.FAILED) if state in facts.capabilities.keeps]
        since = to_text(facts.now - timedelta(seconds=span_s))
        terms = f"state:{','.join(kept)} {facts.capabilities.ended_by}>{since}"
        return bool(kept) and self._one(queue, terms, facts.limits) is not None

    def _first(self, queue: QueueInfo, limits: Limits) -> Job | None:
        by_due = self._one(queue, "state:pending sort:scheduled", limits)
        return by_due or self._one(queue, "state:pending sort:created", limits)

    def _one(self, queue: QueueInfo, terms: str, limits: Limits) -> Job | None:
        """Return a job of the queue for which the terms hold, None also where the store cannot tell."""
        try:
            query = parse_query(f"{term_of_queue(self._inspector, queue.name)} {terms}")
            jobs = self._inspector.page(PageRequest(query, 1, brief=True), limits).jobs
        except QueueTuiError:
            return None
        return jobs[0] if jobs else None


def _until(began_s: float, *, is_still: bool) -> float:
    """Return until when what was seen holds: longer where it was dear to see."""
    now_s = time.monotonic()
    return now_s + max(_STILL_FOR_S if is_still else _MOVING_FOR_S, (now_s - began_s) * _TIMES_COST)


def _is_late(queue: QueueInfo, facts: Facts) -> bool:
    due_s = facts.seconds_since(queue.oldest_due_at)
    return due_s is not None and due_s > facts.limits.shortest_overdue_s and not queue.is_paused


def _runs(queue: QueueInfo) -> bool:
    running = queue.counts.get(State.PROCESSING)
    return running is not None and bool(running.value)
