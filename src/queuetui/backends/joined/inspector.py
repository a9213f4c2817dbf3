"""What a console reads of two halves as of one queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.joined.figures import join_snapshots
from queuetui.backends.joined.halves import FIRST, SECOND, Halves, join_capabilities, mark_ref
from queuetui.backends.joined.pages import JoinedPages
from queuetui.backends.reading.cursors import Place, read_cursor, write_cursor
from queuetui.model.act import JobRef
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import NotFound, QueueTuiError
from queuetui.model.identity import Identity
from queuetui.model.job import Attempt, Job
from queuetui.model.job_view import JobView
from queuetui.model.limits import Limits
from queuetui.model.page import Handling, IdSearch, Page, PageRequest, PlannedTerm
from queuetui.model.query import Query
from queuetui.model.snapshot import Part, Snapshot, Watch

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector

_SEARCH = "halves"
_OF_BOTH = frozenset({Part.COUNTS, Part.QUEUES, Part.FAILURES})
_SUREST_FIRST = (Handling.PUSHED, Handling.RESIDUAL, Handling.REFUSED)
T = TypeVar("T")


class JoinedInspector:
    """Asks both halves; where the second cannot answer, that is a problem beside what the first tells."""

    def __init__(self, halves: Halves, limits: Limits) -> None:
        self._halves = halves
        self._limits = limits

    @cached_property
    def capabilities(self) -> Capabilities:
        """What can be done to jobs of either half."""
        return join_capabilities(*(half.capabilities for half in self._halves.both))

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all that was asked for."""
        halves, problems = self._halves, dict[str, str]()
        first = halves.both[FIRST].snapshot(replace(watch, page=None))
        second: Snapshot | None = None
        parts = watch.parts & _OF_BOTH
        if parts:
            try:
                second = halves.both[SECOND].snapshot(replace(watch, page=None, parts=parts))
            except QueueTuiError as error:
                problems[halves.second_holds] = str(error)
        page = None
        if watch.page is not None:
            try:
                page = self.page(watch.page, watch.limits)
            except QueueTuiError as error:
                problems["page"] = str(error)
        failures = [*halves.mark(FIRST, first.failures), *(halves.mark(SECOND, second.failures) if second else ())]
        joined = join_snapshots(first, second, halves, problems)
        newest = sorted(failures, key=lambda job: job.completed_at or first.now, reverse=True)[: watch.failures]
        has_latest = all(one.has_latest_failures for one in (first, second) if one is not None)
        return replace(joined, failures=tuple(newest), has_latest_failures=has_latest, page=page)

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page."""
        return JoinedPages(self._halves, limits).read(request)

    def get(self, job_id: str) -> Job:
        """Return one job whole; raises NotFound."""
        half, job = self._find(job_id, lambda half: half.get(job_id))
        return self._halves.mark(half, (job,))[0]

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with what explains it; the first half tells workers and the time."""
        half, view = self._find(job_id, lambda half: half.view(job_id, events))
        view = replace(view, job=self._halves.mark(half, (view.job,))[0])
        if half == FIRST:
            return view
        around = self._halves.both[FIRST].snapshot(Watch(parts=frozenset({Part.WORKERS}), limits=self._limits))
        return replace(view, now=around.now, workers=around.workers)

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return those of the jobs that are there, each looked for first where it was seen."""
        wanted = dict.fromkeys(job_ids)
        found: dict[str, Job] = {}
        away: QueueTuiError | None = None
        for step, half in product(range(3), (FIRST, SECOND)):
            left = [one for one in wanted if one not in found]
            asked = [one for one in left if self._halves.order_for(one)[step : step + 1] == (half,)]
            try:
                jobs = self._halves.both[half].get_many(asked) if asked else ()
            except QueueTuiError as error:
                away = _pass_over(half, error)
            else:
                found |= {job.ref.id: job for job in self._halves.mark(half, jobs)}
        if away is not None and len(found) < len(wanted):
            raise away
        return tuple(found[one] for one in wanted if one in found)

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Look for jobs by the end of their id in the second half, and then in the first."""
        start, inner = (SECOND, None) if after is None else _read_search(after)
        refs: dict[str, JobRef] = {}
        away: QueueTuiError | None = None
        looked = 0
        for half in range(start, -1, -1):
            try:
                search = self._halves.both[half].find(suffix, limit - len(refs), inner if half == start else None)
            except QueueTuiError as error:
                away = _pass_over(half, error)
                continue
            refs |= {ref.id: mark_ref(half, ref) for ref in search.refs if ref.id not in refs}
            looked += search.looked
            is_full = len(refs) >= limit
            reached = None if search.reached is None else write_cursor(Place(_SEARCH, half, (search.reached,)))
            if reached is None and is_full and half == SECOND:
                reached = write_cursor(Place(_SEARCH, FIRST, (None,)))
            if reached is not None or is_full:
                return IdSearch(tuple(refs.values()), reached, looked, search.note)
        if away is not None and not refs:
            raise away
        return IdSearch(tuple(refs.values()), None, looked)

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        return self._find(job_id, lambda half: half.attempts(job_id))[1]

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term is answered, as by the half that answers it worse."""
        pairs = zip(*(half.plan(query) for half in self._halves.both), strict=True)
        return tuple(max(pair, key=lambda one: _SUREST_FIRST.index(one.handling)) for pair in pairs)

    def identity(self) -> Identity:
        """Return what tells both stores from others."""
        first, second = (half.identity() for half in self._halves.both)
        return Identity(f"{first.text} with {second.text}", first.lasting and second.lasting)

    def _find(self, job_id: str, ask: Callable[[Inspector], T]) -> tuple[int, T]:
        """Return the half of a job and its answer; raises NotFound, or why the second could not be asked."""
        missing: QueueTuiError = NotFound("there is no such job; it may have finished, expired or been deleted")
        for half in self._halves.order_for(job_id):
            try:
                return half, ask(self._halves.both[half])
            except NotFound as error:
                missing = error
            except QueueTuiError as error:
                missing = _pass_over(half, error)
        raise missing


def _pass_over(half: int, error: QueueTuiError) -> QueueTuiError:
    """Return an error of the second half, as the first may still have the job; raise one of the first."""
    if half == FIRST:
        raise error
    return error


def _read_search(cursor: str) -> tuple[int, str | None]:
    place = read_cursor(cursor, (_SEARCH, _SEARCH), (1, 1))
    inner = place.values[0]
    return place.segment, None if inner is None else str(inner)
