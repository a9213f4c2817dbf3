"""Finds the queues whose jobs are due for too long while nothing of them runs or has ended lately."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from queuetui.model.clock import to_text
from queuetui.model.errors import BadQuery, QueueTuiError, Unsupported
from queuetui.model.measured import Exactness
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


class _Untold(Exception):
    """The store does not tell now what a queue does: neither that it moves nor that it stands."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A queue at one look, which holds until then: its first job and limit, and whether it stands still."""

    first: str | None
    due_at: datetime | None
    until_s: float
    limit_s: float
    is_still: bool
    is_told: bool = True


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
                seen[queue.name.raw] = self._look_at(queue, known, facts, hurried=hurried)
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

    def _look_at(self, queue: QueueInfo, known: _Seen | None, facts: Facts, *, hurried: bool) -> _Seen:
        """Return the queue as it is seen.

        One that cannot be looked at stands still only where it was seen to, and its oldest job is the same.
        """
        began_s = time.monotonic()
        try:
            return self._see(queue, known, facts, hurried=hurried)
        except _Untold:
            known = known or _Seen(None, None, began_s, 0.0, is_still=False, is_told=False)
            is_still = known.is_still and known.due_at == queue.oldest_due_at
            return replace(known, until_s=_until(began_s, is_still=False), is_still=is_still)

    def _see(self, queue: QueueInfo, known: _Seen | None, facts: Facts, *, hurried: bool) -> _Seen:
        """Look at the queue; raises _Untold."""
        began_s, due_at = time.monotonic(), queue.oldest_due_at
        first = self._first(queue, facts.limits)
        first_id, job_type = (None, "") if first is None else (first.ref.id, first.type.raw)
        limit_s = facts.limits.overdue_limit_s(queue.name.raw, job_type)
        if known is not None and None not in {known.first, first_id} and known.first != first_id:
            self._moved_s = {**self._moved_s, queue.name.raw: began_s}
            return _Seen(first_id, due_at, _until(began_s, is_still=False), limit_s, is_still=False)
        is_left = (facts.seconds_since(due_at) or 0.0) > limit_s and not self._has_ended(queue, facts, limit_s)
        if is_left and (known is None or not known.is_told) and not facts.capabilities.native:
            is_left = not hurried and all(self._stands(queue, first_id, facts.limits) for _ in range(_LOOKS - 1))
        if is_left and not _is_counted(queue):
            is_left = self._one(queue, "state:processing", facts.limits) is None
        return _Seen(first_id, due_at, _until(began_s, is_still=is_left), limit_s, is_still=is_left)

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
        """Return the job that is due first, None where the store knows no order.

        Raises _Untold, also where that job has just gone.
        """
        is_listed = False
        for order in ("scheduled", "created"):
            jobs = self._jobs(queue, f"state:pending sort:{order}", limits)
            if jobs:
                return jobs[0]
            is_listed = is_listed or jobs is not None
        if is_listed:
            raise _Untold
        return None

    def _one(self, queue: QueueInfo, terms: str, limits: Limits) -> Job | None:
        """Return a job for which the terms hold, None also where the store never tells; raises _Untold."""
        jobs = self._jobs(queue, terms, limits)
        return jobs[0] if jobs else None

    def _jobs(self, queue: QueueInfo, terms: str, limits: Limits) -> Sequence[Job] | None:
        """Return the first job found, None where the store cannot be asked so; raises _Untold."""
        try:
            query = parse_query(f"{term_of_queue(self._inspector, queue.name)} {terms}")
            page = self._inspector.page(PageRequest(query, 1, brief=True), limits)
        except (BadQuery, Unsupported):
            return None
        except QueueTuiError as error:
            raise _Untold from error
        if not page.jobs and page.looked is not None:
            raise _Untold
        return page.jobs


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


def _is_counted(queue: QueueInfo) -> bool:
    """Tell whether it is known how much of the queue runs, as of now."""
    running = queue.counts.get(State.PROCESSING)
    return running is not None and running.exactness is Exactness.EXACT
