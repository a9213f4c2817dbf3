"""Looks at a Laravel database queue without changing anything."""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.laravel.batches import add_batch
from queuetui.backends.foreign.laravel.capabilities import CAPABILITIES
from queuetui.backends.foreign.laravel.counts import Counters, Counts, count_jobs
from queuetui.backends.foreign.laravel.duplicates import Duplicates
from queuetui.backends.foreign.laravel.filters import plan_terms
from queuetui.backends.foreign.laravel.jobs import JobReader, cut_for_page
from queuetui.backends.foreign.laravel.lookup import latest_failures, read_row, read_rows, search_end, search_uuid
from queuetui.backends.foreign.laravel.models import ModelLabels
from queuetui.backends.foreign.laravel.pages import read_page
from queuetui.backends.foreign.laravel.rows import row_of_id, row_of_rev
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.backends.foreign.laravel.source import Source
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.sql.clock import read_clock
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.backends.sql.identity import identify
from queuetui.model.capabilities import Capabilities
from queuetui.model.clock import from_us
from queuetui.model.errors import Conflict, NotFound, QueueTuiError
from queuetui.model.identity import Identity
from queuetui.model.job import Attempt, Job
from queuetui.model.job_view import JobView
from queuetui.model.limits import Limits
from queuetui.model.measured import absent
from queuetui.model.page import IdSearch, Page, PageRequest, PlannedTerm
from queuetui.model.query import Query
from queuetui.model.snapshot import Part, Snapshot, Watch
from queuetui.model.state import State
from queuetui.model.text import sanitize

_REMEMBERED_ROWS = 20_000
_PAGE = "page"
_NO_COUNT = "it was not asked for or could not be read"
_Reading = Callable[[Source], object]


@dataclass
class LaravelInspector:
    """Reads one Laravel application's jobs and failed_jobs."""

    database: ConsoleDatabase
    tables: Tables
    settings: LaravelSettings
    options: BackendOptions
    counters: Counters = field(default_factory=Counters)
    _rows: OrderedDict[str, str] = field(default_factory=OrderedDict)
    _guard: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Remember, from one page to the next, where the models are kept and whether rows may share a uuid."""
        self._shared = Duplicates(self.tables)
        self._models = ModelLabels(
            self.settings, self.tables.jobs if self.tables.jobs is not None else self.tables.failed
        )

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        return CAPABILITIES

    def snapshot(self, watch: Watch) -> Snapshot:
        """Read all that was asked for in one transaction; after a part that failed the rest is read in another."""
        todo = deque(self._readings(watch))
        found: dict[str, object] = {}
        problems: dict[str, str] = {}
        now_s = 0
        while todo:
            name, reading = todo[0]
            opened = False
            try:
                with self._source(watch.limits) as source:
                    opened, now_s = True, source.reader.now_s
                    while todo:
                        name, reading = todo[0]
                        found[name] = reading(source)
                        todo.popleft()
            except QueueTuiError as error:
                if not opened:
                    raise
                problems[name] = str(error)
                todo.popleft()
        return self._picture(now_s, found, problems)

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page by keyset."""
        with self._source(limits) as source:
            page = read_page(source, request)
        self._remember(page.jobs)
        return page

    def get(self, job_id: str) -> Job:
        """Return one job whole. Raises NotFound."""
        with self._source(self.options.limits) as source:
            return self._get(source, job_id)

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with the time that it is judged at; Laravel keeps no pauses, rules or attempts."""
        with self._source(self.options.limits) as source:
            return JobView(self._get(source, job_id), from_us(source.reader.now_s * 1_000_000))

    def _get(self, source: Source, job_id: str) -> Job:
        for place in self._places(job_id):
            row = read_row(source, *place)
            job = None if row is None else source.reader.read(row)
            if row is not None and job is not None and (job.ref.id == job_id or row_of_id(job_id) == place):
                return add_batch(source, row, source.name_all([row], [job])[0])
        search = search_uuid(source, job_id)
        told = source.name_all(search.rows, [source.reader.read(row) for row in search.rows])
        if len(told) > 1:
            raise Conflict(_say_shared(job_id, told))
        for row, job in zip(search.rows, told, strict=True):
            return add_batch(source, row, job)
        why = (
            f"not all rows were looked through: {search.cut_short}"
            if search.cut_short
            else "it may have finished: Laravel deletes a job's row then, and a job without a uuid gets another id with each release"
        )
        raise NotFound(f"there is no job {sanitize(job_id, 60)!r}; {why}")

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return those of the jobs that are there; what moved since it was listed is searched for by itself."""
        asked = tuple(dict.fromkeys(job_ids))
        with self._source(self.options.limits) as source:
            rows = read_rows(source, {place for job_id in asked for place in self._places(job_id)})
            told = source.name_all(rows, [cut_for_page(source.reader.read(row)) for row in rows])
            found = {job.ref.id: job for job in told}
            for job_id in asked:
                if job_id not in found:
                    with suppress(NotFound):
                        found[job_id] = cut_for_page(self._get(source, job_id))
        return tuple(found[job_id] for job_id in asked if job_id in found)

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Look for the jobs whose id is or ends in `suffix`: failed ones by their key, others by walks through the newest rows."""
        with self._source(self.options.limits) as source:
            search = search_end(source, suffix, limit, None if after is None else json.loads(after))
            jobs = source.name_all(search.rows, [source.reader.read(row) for row in search.rows])
        self._remember(jobs)
        refs, reached = tuple(job.ref for job in jobs), search.reached
        return IdSearch(refs, json.dumps(reached) if reached else None, search.looked, search.cut_short)

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Laravel keeps no attempts."""
        return ()

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term of a filter is answered."""
        return plan_terms(query, self.options.limits)

    def identity(self) -> Identity:
        """Return the database with the tables that are this queue."""
        with self.database.reading("asking the database who it is") as connection:
            found = identify(connection)
        return Identity(f"{found.text} {self.tables.describe()}", found.lasting)

    @contextmanager
    def _source(self, limits: Limits) -> Iterator[Source]:
        with self.database.reading("reading Laravel's tables") as connection:
            now_s = int(read_clock(connection, self.options.now).timestamp())
            reader = JobReader(self.options.name, self.settings, self.options.summaries, now_s)
            yield Source(connection, self.tables, reader, limits, self._models, self._shared)

    def _readings(self, watch: Watch) -> Iterator[tuple[str, _Reading]]:
        if watch.parts & {Part.COUNTS, Part.QUEUES}:
            yield Part.COUNTS, lambda source: count_jobs(source, self.counters, exact=watch.exact)
        if Part.FAILURES in watch.parts:
            yield Part.FAILURES, lambda source: _read_failures(source, watch.failures)
        request = watch.page
        if request is not None:
            yield _PAGE, lambda source: read_page(source, request)
        if request is None and not watch.parts & {Part.COUNTS, Part.QUEUES, Part.FAILURES}:
            yield "clock", lambda source: source.reader.now_s

    def _picture(self, now_s: int, found: dict[str, Any], problems: dict[str, str]) -> Snapshot:
        page: Page | None = found.get(_PAGE)
        failures: tuple[Job, ...] = found.get(Part.FAILURES, ())
        counts: Counts | None = found.get(Part.COUNTS)
        self._remember((*(page.jobs if page else ()), *failures))
        return Snapshot(
            backend=self.options.name,
            now=from_us(now_s * 1_000_000),
            counts={state: absent(_NO_COUNT) for state in State} if counts is None else counts.by_state,
            stuck=absent(_NO_COUNT) if counts is None else counts.stuck,
            total=absent(_NO_COUNT) if counts is None else counts.total,
            average_s=absent("Laravel does not keep how long jobs took"),
            queues=() if counts is None else counts.queues,
            failures=failures,
            page=page,
            problems=problems,
        )

    def _remember(self, jobs: Iterable[Job]) -> None:
        """Keep where shown jobs stand, so that opening one needs no search through payloads."""
        with self._guard:
            for job in jobs:
                self._rows[job.ref.id] = job.ref.rev
                self._rows.move_to_end(job.ref.id)
            while len(self._rows) > _REMEMBERED_ROWS:
                self._rows.popitem(last=False)

    def _places(self, job_id: str) -> list[tuple[str, str]]:
        with self._guard:
            rev = self._rows.get(job_id)
        places = (row_of_id(job_id), None if rev is None else row_of_rev(rev))
        return [place for place in places if place is not None]


def _say_shared(job_id: str, jobs: Sequence[Job]) -> str:
    named = ", ".join(job.ref.id for job in jobs)
    return f"{len(jobs)} rows have the uuid {sanitize(job_id, 60)}: {named}; name one of them"


def _read_failures(source: Source, limit: int) -> tuple[Job, ...]:
    rows = list(latest_failures(source, limit))
    return tuple(source.name_all(rows, [cut_for_page(source.reader.read(row)) for row in rows]))
