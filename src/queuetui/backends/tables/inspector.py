"""Looks at a queue that is rows of tables without changing anything."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.reading.figures import PAGE, make_snapshot
from queuetui.backends.reading.seen_jobs import SeenJobs
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.backends.sql.identity import identify
from queuetui.backends.sql.tallies import BudgetedCounter
from queuetui.backends.tables.conditions import plan_term
from queuetui.backends.tables.counts import Counters, count_jobs
from queuetui.backends.tables.lookup import find_by_id, find_by_suffix, read_lock, read_many, read_seen
from queuetui.backends.tables.moments import Reading, begin_reading
from queuetui.backends.tables.page_cache import PageCache
from queuetui.backends.tables.pages import read_page
from queuetui.backends.tables.product import Product
from queuetui.backends.tables.rows import cut_for_page, find_row
from queuetui.backends.tables.schedule_rows import read_schedules
from queuetui.backends.tables.sizes import Sizes
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import Conflict, ConnectionLost, NotFound, QueueTuiError
from queuetui.model.identity import Identity
from queuetui.model.job import Attempt, Job
from queuetui.model.job_view import JobView, uncounted_queue
from queuetui.model.limits import Limits
from queuetui.model.page import IdSearch, Page, PageRequest, PlannedTerm
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.schedule import ScheduleReading
from queuetui.model.snapshot import Part, Snapshot, Watch
from queuetui.model.text import sanitize

_FAILURES = "state:failed sort:-completed"
_Part = Callable[[Reading], object]


@dataclass
class TablesInspector:
    """Reads one queue of one product."""

    database: ConsoleDatabase
    product: Product
    options: BackendOptions
    counters: Counters = field(default_factory=lambda: Counters(BudgetedCounter))
    sizes: Sizes = field(default_factory=Sizes)
    page_cache: PageCache = field(default_factory=PageCache)
    _seen: SeenJobs = field(default_factory=SeenJobs)

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        return self.product.capabilities

    def snapshot(self, watch: Watch) -> Snapshot:
        """Read all that was asked for in one transaction; after a part that failed, the rest in another."""
        todo = deque(self._parts(watch))
        found: dict[str, Any] = {}
        problems: dict[str, str] = {}
        while todo or not found:
            opened = False
            try:
                with self._reading(watch.limits) as reading:
                    opened, found["now"] = True, reading.moment.now
                    while todo:
                        found[todo[0][0]] = todo[0][1](reading)
                        todo.popleft()
            except QueueTuiError as error:
                if not opened or isinstance(error, ConnectionLost):
                    raise
                problems[todo.popleft()[0]] = str(error)
        page: Page | None = found.get(PAGE)
        failures: Page | None = found.pop(Part.FAILURES, None)
        self._seen.add([job for one in (page, failures) if one is not None for job in one.jobs])
        whole = make_snapshot(self.options.name, found["now"], self.product.label, found, problems)
        if failures is None:
            return whole
        return replace(whole, failures=failures.jobs, has_latest_failures=failures.is_sorted)

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page by keyset."""
        with self._reading(limits) as reading:
            page = read_page(reading, request)
        self._seen.add(page.jobs)
        return page

    def get(self, job_id: str) -> Job:
        """Return one job whole; raises NotFound, and Conflict where several have the id."""
        with self._reading(self.options.limits) as reading:
            return self._get(reading, job_id)

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with its attempts and what it is judged by."""
        with self._reading(self.options.limits) as reading:
            job = self._get(reading, job_id)
            queues = {job.queue.raw: uncounted_queue(job.queue.raw)} | {one.name.raw: one for one in reading.pauses()}
            return JobView(
                job,
                reading.moment.now,
                tuple(queues.values()),
                reading.workers(),
                attempts=_attempts_of(reading, job),
                lock=read_lock(reading, job),
            )

    def _get(self, reading: Reading, job_id: str) -> Job:
        found, far = tuple(read_seen(reading, self._seen.find([job_id])).values()), ""
        if not found:
            found, far = find_by_id(reading, job_id)
        if len(found) > 1:
            raise Conflict(_say_shared(job_id, found))
        if not found:
            told = far or "it may have finished and been deleted since; look at the list again"
            raise NotFound(f"there is no job {sanitize(job_id, 60)!r}; {told}")
        self._seen.add(found)
        return found[0]

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return those of the jobs that are there, in the order asked for."""
        asked = tuple(dict.fromkeys(job_ids))
        with self._reading(self.options.limits) as reading:
            found = read_many(reading, asked, self._seen.find(asked))
        self._seen.add(found.values())
        return tuple(cut_for_page(found[job_id]) for job_id in asked if job_id in found)

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Look for the jobs whose id is or ends in `suffix`, for a bounded time."""
        with self._reading(self.options.limits) as reading:
            jobs, search = find_by_suffix(reading, suffix, limit, after)
        self._seen.add(jobs)
        return search

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        with self._reading(self.options.limits) as reading:
            return _attempts_of(reading, self._get(reading, job_id))

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term of a filter is answered."""
        return tuple(plan_term(term, self.product) for term in query.terms)

    def identity(self) -> Identity:
        """Return the database with the tables that are this queue."""
        with self.database.reading("asking the database who it is") as connection:
            found = identify(connection)
        return Identity(f"{found.text} {self.product.tables}", found.lasting)

    def schedules(self) -> ScheduleReading:
        """Return the schedules that the product keeps."""
        with self._reading(self.options.limits) as reading:
            return read_schedules(reading)

    @contextmanager
    def _reading(self, limits: Limits) -> Iterator[Reading]:
        with self.database.reading(f"reading the tables of {self.product.label}") as connection:
            yield replace(begin_reading(connection, self.product, self.options, limits), sizes=self.sizes)

    def _parts(self, watch: Watch) -> Iterator[tuple[str, _Part]]:
        if watch.parts & {Part.COUNTS, Part.QUEUES}:
            # Counts beside a list are a console's, whose first rows should not wait for them.
            hurried = watch.page is not None
            yield Part.COUNTS, lambda reading: count_jobs(reading, self.counters, exact=watch.exact, hurried=hurried)
        if Part.FAILURES in watch.parts:
            failures = PageRequest(parse_query(_FAILURES), watch.failures)
            yield Part.FAILURES, lambda reading: self._polled(reading, failures, watch, counted=False)
        if Part.WORKERS in watch.parts:
            yield Part.WORKERS, Reading.workers
        request = watch.page
        if request is not None:
            yield PAGE, lambda reading: self._polled(reading, request, watch)

    def _polled(self, reading: Reading, request: PageRequest, watch: Watch, *, counted: bool = True) -> Page:
        """Return a page that is read at each poll: from the cache, unless all is to be `exact`."""
        read = read_page if watch.exact else self.page_cache.read
        return read(reading, request, counted=counted)


def _attempts_of(reading: Reading, job: Job) -> tuple[Attempt, ...]:
    found = find_row(job.ref.rev, reading)
    if found is None or found[0].attempts is None:
        return ()
    return found[0].attempts(reading.connection, found[1].key)


def _say_shared(job_id: str, jobs: Sequence[Job]) -> str:
    names = {job.ref.id: None for job in jobs}
    if len(names) == len(jobs):
        return f"{len(jobs):,} rows have the id {sanitize(job_id, 60)}: {', '.join(names)}; name one of them"
    queues = " and ".join(repr(str(sanitize(job.queue, 60))) for job in jobs)
    return f"several jobs have the id {sanitize(job_id, 60)!r}, in the queues {queues}; open one of them from a list"
