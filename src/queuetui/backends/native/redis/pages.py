"""Reads pages of jobs in the order of the sorted sets, else over a bounded part, which the page notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from queuetui.backends.native.own_orders import BY_STATE, own_order
from queuetui.backends.native.redis.ids import to_stored
from queuetui.backends.native.redis.jobs import HEAD_BYTES, NOTHING, missing_job, read_job
from queuetui.backends.native.redis.layout import Layout, lay_out
from queuetui.backends.native.redis.pictures import ScriptSnapshot
from queuetui.backends.native.redis.server import Server, Value
from queuetui.backends.native.redis.step import span_us
from queuetui.backends.native.redis.terms import RESIDUAL_JOBS, needs_payload, residual_terms
from queuetui.backends.reading.cursors import Place, cut_walk, read_cursor, write_cursor
from queuetui.backends.reading.query_scope import asks_for_stuck, names_asked, queues_asked
from queuetui.backends.reading.sort_orders import NEWEST, cap_page, cut_page, cut_sorted, value_of
from queuetui.backends.reading.worker_names import name_workers
from queuetui.model.errors import BadQuery
from queuetui.model.job import Job, shorten
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Sort, Term
from queuetui.model.query_match import holds

BATCH_JOBS = 500
_NOT_STORED = "it is listed, but nothing is stored of it; look at what else writes to this server"
MOST_STUCK = 1_000
_SCORE = re.compile(r"-?(inf|\d{1,20}(\.\d+)?(e[+-]?\d{1,3})?)")
_LONGEST_DUE = Sort("scheduled", descending=False)


@dataclass(frozen=True, slots=True)
class FoundJobs:
    """Jobs with their places; `end` is where a walk stopped early, `total` counts all jobs in the lanes."""

    jobs: list[tuple[Job, Place]]
    end: Place | None
    total: int


@dataclass(frozen=True, slots=True)
class PageReading:
    """A server, and the picture by which its jobs are judged."""

    server: Server
    picture: ScriptSnapshot

    def read_page(self, request: PageRequest) -> Page:
        """Return one page."""
        query = name_workers(request.query, self.picture.workers)
        request = replace(request, query=query)
        ids = names_asked(query, "id")
        if ids is not None:
            return self._cut_listed(request, self._read_jobs([to_stored(one) for one in ids[:RESIDUAL_JOBS]]), NEWEST)
        correlations = names_asked(query, "correlation_id")
        if correlations is not None:
            return self._read_correlated(request, correlations)
        if asks_for_stuck(query):
            return self._read_stuck(request)
        layout = lay_out(query, tuple(queue.name for queue in self.picture.queues))
        if not layout.segments:
            return Page((), Measured(0, as_of=self.picture.now))
        if layout.is_sorted:
            return self._read_walked(request, layout)
        return self._read_sorted(request, layout)

    def _read_walked(self, request: PageRequest, layout: Layout) -> Page:
        residual = residual_terms(request.query)
        place = _read_place(request.cursor, layout)
        found = self._walk(layout, residual, request, place)
        part = cut_walk(found.jobs, found.end, request, write_cursor)
        names = [segment.name for segment in layout.segments]
        own = own_order(names[0]) if len(names) == 1 else BY_STATE
        return Page(
            self._complete(part.items, residual),
            self._total(found, residual, is_whole=request.cursor is None and found.end is None),
            part.first,
            part.last,
            part.has_more,
            notes=_notes(residual, cut_short=part.is_cut_short),
            looked=RESIDUAL_JOBS if part.is_cut_short else None,
            order=own if request.query.sort is None else (),
        )

    def _total(self, found: FoundJobs, residual: tuple[Term, ...], *, is_whole: bool) -> Measured[int]:
        if not residual:
            return Measured(found.total, as_of=self.picture.now)
        if is_whole:
            return Measured(len(found.jobs), as_of=self.picture.now)
        return Measured(len(found.jobs), Exactness.CAPPED, self.picture.now, "counted as far as was looked")

    def _read_sorted(self, request: PageRequest, layout: Layout) -> Page:
        sort = request.query.sort or NEWEST
        residual = residual_terms(request.query)
        everything = replace(request, limit=RESIDUAL_JOBS, cursor=None, backward=False)
        found = self._walk(layout, residual, everything, None)
        jobs = {job.ref.id: job for job, _ in found.jobs}
        cut = cut_sorted([(job_id, value_of(job, sort)) for job_id, job in jobs.items()], request, sort)
        is_all = found.end is None and len(found.jobs) <= RESIDUAL_JOBS
        count = found.total if not residual else len(found.jobs)
        exactness = Exactness.EXACT if is_all or not residual else Exactness.CAPPED
        sorted_part = (
            f"nothing serves sort:{sort.field}: only the first {len(found.jobs):,} jobs of the usual order are sorted"
        )
        return Page(
            self._complete([jobs[job_id] for job_id in cut.ids], residual, again=True),
            Measured(count, exactness, self.picture.now),
            cut.first,
            cut.last,
            cut.has_more,
            (*_notes(residual, cut_short=False), *(() if is_all else (sorted_part,))),
        )

    def _read_stuck(self, request: PageRequest) -> Page:
        queues = queues_asked(request.query, tuple(queue.name for queue in self.picture.queues))
        waiting, limits = self.picture.waiting, self.picture.limits
        spans = ((waiting.unheard, limits.stuck_after_s), (waiting.idle, limits.shortest_overdue_s))
        runs = [job.ref.id for job in self.picture.stuck_runs if queues is None or job.queue.raw in queues]
        ids = [to_stored(one) for one in runs[:MOST_STUCK]]
        for names, span_s in spans:
            asked = sorted(name for name in names if queues is None or name in queues)
            if asked and len(ids) < MOST_STUCK:
                most = MOST_STUCK - len(ids)
                waits = self.server.read("looking for stuck jobs", "waits", span_us(span_s), most, *asked)
                ids += [one.decode("utf-8", "replace") for one in waits]
        page = self._cut_listed(request, self._read_jobs(ids), _LONGEST_DUE)
        if len(ids) < MOST_STUCK and self.picture.is_every_run:
            return page
        return cap_page(page, f"only the first {len(ids):,} stuck jobs are listed")

    def recount_idle(self) -> ScriptSnapshot:
        """Return the picture with overdue jobs counted one by one, by the limit of each type or queue."""
        picture = self.picture
        limit_us = span_us(picture.limits.shortest_overdue_s)
        ids = self.server.read("counting overdue jobs", "waits", limit_us, MOST_STUCK, *sorted(picture.waiting.idle))
        jobs = self._read_jobs([one.decode("utf-8", "replace") for one in ids])
        found = Counter(job.queue.raw for job in jobs if picture.is_stuck(job))
        queues = tuple(replace(row, idle=found[row.name]) for row in picture.queues)
        return replace(picture, queues=queues, is_every_run=picture.is_every_run and len(ids) < MOST_STUCK)

    def _read_correlated(self, request: PageRequest, correlations: tuple[str, ...]) -> Page:
        stored = self.server.read("looking for correlated jobs", "correlated", RESIDUAL_JOBS, *correlations)
        # The first job of a correlation, whose id is the correlation id, is not listed under it.
        ids = dict.fromkeys((*map(to_stored, correlations), *(one.decode("utf-8", "replace") for one in stored)))
        page = self._cut_listed(request, self._read_jobs(list(ids)), NEWEST)
        if len(stored) < RESIDUAL_JOBS:
            return page
        return cap_page(page, f"only the newest {RESIDUAL_JOBS:,} jobs of a correlation id are listed")

    def _cut_listed(self, request: PageRequest, jobs: Sequence[Job], order: Sort) -> Page:
        kept = [job for job in jobs if self._holds(request.query.terms, job)]
        return cut_page(kept, request, order, self.picture.now)

    def _walk(self, layout: Layout, residual: tuple[Term, ...], request: PageRequest, place: Place | None) -> FoundJobs:
        """Return the next jobs after a place: one more than a page holds if there are that many."""
        wanted, is_paged = request.limit + 1, not residual and layout.is_sorted
        size = wanted if is_paged else BATCH_JOBS
        head = HEAD_BYTES if is_paged or needs_payload(residual) else NOTHING
        jobs: dict[str, tuple[Job, Place]] = {}
        looked = total = 0
        while True:
            batch, total = self._batch(layout, place, size, head, backward=request.backward)
            for job, at in batch:
                # A job that moves between two batches may be read twice.
                if job.ref.id not in jobs and self._holds(residual, job):
                    jobs[job.ref.id] = (job, at)
                if len(jobs) >= wanted:
                    return FoundJobs(list(jobs.values()), at, total)
            looked += size
            if len(batch) < size:
                return FoundJobs(list(jobs.values()), None, total)
            place = batch[-1][1]
            if looked >= RESIDUAL_JOBS:
                return FoundJobs(list(jobs.values()), place, total)

    def _batch(
        self, layout: Layout, place: Place | None, size: int, head: int, *, backward: bool
    ) -> tuple[list[tuple[Job, Place]], int]:
        at: list[Value] = [0, "", ""] if place is None else [place.segment + 1, *map(str, place.values)]
        values: list[Value] = [size, head, int(backward), *at, *layout.values()]
        _, total, entries = self.server.read("reading a page of jobs", "walk", *values)
        found = []
        for number, score, stored_id, reply in entries:
            at_place = Place(
                layout.segments[number - 1].name, number - 1, (score.decode(), stored_id.decode("utf-8", "replace"))
            )
            found.append((self._read_listed(stored_id, reply), at_place))
        return found, total

    def _complete(self, jobs: Sequence[Job], residual: tuple[Term, ...], *, again: bool = False) -> tuple[Job, ...]:
        """Return jobs with the first bytes of their payloads, read now if the filter did not need them."""
        if not again and (not residual or needs_payload(residual)):
            return tuple(map(shorten, jobs))
        return tuple(map(shorten, self._read_jobs([to_stored(job.ref.id) for job in jobs])))

    def _read_jobs(self, stored_ids: Sequence[str]) -> list[Job]:
        found: list[Job] = []
        for start in range(0, len(stored_ids), BATCH_JOBS):
            batch = stored_ids[start : start + BATCH_JOBS]
            replies = self.server.read("reading jobs", "read_jobs", HEAD_BYTES, *batch)
            found += [self._read_job(reply) for reply in replies if reply is not None]
        return found

    def _read_listed(self, stored_id: bytes, reply: Sequence[Any] | None) -> Job:
        if reply is None:
            return missing_job(stored_id, self.server.name, _NOT_STORED)
        return self._read_job(reply)

    def _read_job(self, reply: Sequence[Any]) -> Job:
        return read_job(reply, self.server.name, self.server.options.summaries)

    def _holds(self, terms: Sequence[Term], job: Job) -> bool:
        return all(holds(term, job, self.picture.now, self.picture.is_stuck) for term in terms)


def _read_place(cursor: str | None, layout: Layout) -> Place | None:
    if cursor is None:
        return None
    names = tuple(segment.name for segment in layout.segments)
    place = read_cursor(cursor, names, (2,) * len(names))
    if not _SCORE.fullmatch(str(place.values[0])):
        raise BadQuery("this cursor cannot be read; start from the first page", 0)
    return place


def _notes(residual: tuple[Term, ...], *, cut_short: bool) -> tuple[str, ...]:
    notes = []
    if cut_short:
        notes.append(
            f"nothing serves this filter: {RESIDUAL_JOBS:,} jobs were looked through for this page, more lie beyond"
        )
    if needs_payload(residual):
        notes.append("of payloads over 8 KB only the head is searched")
    return tuple(notes)
