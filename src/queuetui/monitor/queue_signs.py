"""Reads the signs that a queue moves: jobs leave either end of it, jobs run, jobs have ended."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from queuetui.model.clock import to_text
from queuetui.model.errors import BadQuery, QueueTuiError, Unsupported
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.model.stuck import due_since
from queuetui.monitor.queue_progress import term_of_queue

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector
    from queuetui.model.job import Job
    from queuetui.model.limits import Limits
    from queuetui.model.text import Untrusted
    from queuetui.monitor.diagnosis.facts import Facts

# The number of jobs read at each end of a queue.
_AT_AN_END = 20


class Untold(Exception):
    """The store cannot tell now whether a queue moves."""


class _Unsorted(Untold):
    """The store has more jobs than it can sort, so that the first job of a page may be any."""


@dataclass(frozen=True, slots=True)
class QueueEnds:
    """The ids of the due jobs that workers take first, and of those that they take last.

    `waits` holds the type of each of the first, and since when it is due.
    """

    first: tuple[str, ...]
    last: tuple[str, ...]
    waits: tuple[tuple[str, datetime | None], ...]

    def have_moved_on_to(self, later: QueueEnds) -> bool:
        """Tell whether a job seen here at either end has left the queue."""
        return _has_gone(self.first, later.first) or _has_gone(self.last, later.last)


class QueueSigns:
    """Reads the signs; one that the store never tells is absent, one it cannot tell now raises Untold."""

    def __init__(self, inspector: Inspector) -> None:
        self._inspector = inspector

    def ends(self, queue: Untrusted, limits: Limits) -> QueueEnds | None:
        """Return both ends of the queue's due jobs, None if the store has no order of jobs.

        Raises Untold, also if no due job is left.
        """
        is_listed = False
        for order in dict.fromkeys((self._inspector.capabilities.taken_by, "scheduled", "created")):
            try:
                first = self._jobs(queue, f"state:pending sort:{order}", limits, _AT_AN_END)
                if first:
                    last = self._jobs(queue, f"state:pending sort:-{order}", limits, _AT_AN_END) or ()
                    return QueueEnds(_ids(first), _ids(last), tuple((job.type.raw, due_since(job)) for job in first))
            except _Unsorted:
                first = ()
            is_listed = is_listed or first is not None
        if is_listed:
            raise Untold
        return None

    def runs(self, queue: Untrusted, limits: Limits) -> bool:
        """Tell whether a job of the queue is processing and is not stuck, as the jobs of a killed worker are."""
        running = self._jobs(queue, "state:processing -is:stuck", limits)
        return bool(self._jobs(queue, "state:processing", limits) if running is None else running)

    def has_ended(self, queue: Untrusted, facts: Facts, span_s: float) -> bool:
        """Tell whether a job of the queue is known to have ended in the last `span_s`."""
        kept = [state.value for state in (State.COMPLETED, State.FAILED) if state in facts.capabilities.keeps]
        ended, by, since = f"state:{','.join(kept)}", facts.capabilities.ended_by, facts.now - timedelta(seconds=span_s)
        if not kept:
            return False
        with suppress(_Unsorted):
            newest = self._jobs(queue, f"{ended} sort:-{by}", facts.limits, partly=True)
            if newest and newest[0].completed_at is not None:
                return newest[0].completed_at > since
        return bool(self._jobs(queue, f"{ended} {by}>{to_text(since)}", facts.limits, partly=True))

    def _jobs(
        self, queue: Untrusted, terms: str, limits: Limits, most: int = 1, *, partly: bool = False
    ) -> Sequence[Job] | None:
        """Return the first matching jobs, None if the store cannot answer such a filter.

        Raises Untold, also if the store looked through a part of its jobs and found none, unless `partly` is given.
        """
        try:
            query = parse_query(f"{term_of_queue(self._inspector, queue)} {terms}")
            page = self._inspector.page(PageRequest(query, most, brief=True), limits)
        except (BadQuery, Unsupported):
            return None
        except QueueTuiError as error:
            raise Untold from error
        if page.jobs and not page.is_sorted:
            raise _Unsorted
        if not page.jobs and page.looked is not None and not partly:
            raise Untold
        return page.jobs


def _ids(jobs: Sequence[Job]) -> tuple[str, ...]:
    return tuple(job.ref.id for job in jobs)


def _has_gone(before: Sequence[str], later: Sequence[str]) -> bool:
    """Tell whether a job of the earlier list has left the queue.

    A full later list may lack jobs only because others came before them; such jobs do not count.
    """
    there = set(later)
    reached = (
        len(before)
        if len(later) < _AT_AN_END
        else max((at for at, one in enumerate(before) if one in there), default=0)
    )
    return any(one not in there for one in before[:reached])
