"""Walks a layout in batches until enough jobs were found or enough rows were read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, func, select, union_all
from sqlalchemy.engine import Row

from queuetui.backends.native.sql.look.conditions import AskedTerms, Condition, condition_for
from queuetui.backends.native.sql.look.job_columns import raw_columns, select_jobs
from queuetui.backends.native.sql.look.job_rows import read_job
from queuetui.backends.native.sql.look.kept_counts import KeptCounts
from queuetui.backends.native.sql.look.layout import PageLayout, PageSegment
from queuetui.backends.native.sql.look.places import place_of
from queuetui.backends.native.sql.look.ranges import Range, ordering
from queuetui.backends.native.sql.look.stuck_criteria import StuckCriteria
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.backends.native.sql.look.term_kinds import FILTERED_ROWS, RESIDUAL_ROWS
from queuetui.backends.reading.cursors import Place
from queuetui.model.job import Job, shorten
from queuetui.model.payload import SummaryPaths
from queuetui.model.query import WORD
from queuetui.model.query_match import holds
from queuetui.model.stuck import is_stuck

RESIDUAL_BATCH_ROWS = 500
Batch = tuple[list[tuple[Job, Place]], Place | None]


@dataclass(frozen=True, slots=True)
class WalkSource:
    """One read transaction with the settings of its reads; `kept` holds cached counts."""

    connection: Connection
    backend: str
    summaries: SummaryPaths
    criteria: StuckCriteria
    kept: KeptCounts = field(default_factory=KeptCounts)

    @property
    def asked(self) -> AskedTerms:
        """The clock and dialect that conditions are made for."""
        return AskedTerms(self.criteria.now, self.connection.dialect.name)


@dataclass(frozen=True, slots=True)
class Collected:
    """Jobs with their places; `end` is where a walk stopped before the last row, else None."""

    jobs: list[tuple[Job, Place]]
    end: Place | None


@dataclass(frozen=True, slots=True)
class LayoutWalk:
    """A walk through a layout; `backward` goes towards the top."""

    reading: WalkSource
    layout: PageLayout
    backward: bool = False

    def collect(self, place: Place | None, wanted: int) -> Collected:
        """Return at most `wanted` jobs after a place; the walk may stop earlier where no index serves."""
        jobs: list[tuple[Job, Place]] = []
        batches = RESIDUAL_ROWS // RESIDUAL_BATCH_ROWS if self.layout.residual else 1
        for number, segment in self._segments(place):
            at = place if place is not None and place.segment == number else None
            while True:
                rows, at = self._batch(number, segment, at, wanted - len(jobs))
                jobs += rows
                batches -= 1
                if len(jobs) >= wanted:
                    return Collected(jobs, at or jobs[-1][1])
                if at is None:
                    break
                if batches <= 0:
                    return Collected(jobs, at)
        return Collected(jobs, None)

    def count_filtered(self) -> tuple[int, bool]:
        """Return how many jobs pass the filter within its allowance of rows, and whether all rows were read."""
        total = 0
        for _, segment in self._segments(None):
            window = self._rows(Range(segment, None, FILTERED_ROWS, light=True))
            passed = func.sum(case((self._passes(window), 1), else_=0))
            looked, found = self.reading.connection.execute(select(func.count(), passed).select_from(window)).one()
            total += int(found or 0)
            if looked >= FILTERED_ROWS:
                return total, False
        return total, True

    def list_values(self, column: str, most: int) -> tuple[list[tuple[str, Any]], bool]:
        """Return the ids and one column of the first jobs that pass the filter, and whether these are all."""
        size = FILTERED_ROWS if self.layout.filters else most
        found: list[tuple[str, Any]] = []
        for _, segment in self._segments(None):
            window = self._rows(Range(segment, None, size, light=True))
            values = select(window.c.id, window.c[column]).order_by(*ordering(segment.order, window.c)).limit(most)
            if self.layout.filters:
                values = values.where(self._passes(window))
            found += [(row[0], row[1]) for row in self.reading.connection.execute(values)]
            looked = self.reading.connection.execute(select(func.count()).select_from(window)).scalar_one()
            if looked >= size or len(found) >= most:
                return found[:most], False
        return found, True

    def read_jobs(self, ids: Sequence[str]) -> dict[str, Job]:
        """Return jobs by id, in whichever table they are."""
        rows = [select(*raw_columns(table)).where(table.c.id.in_(ids)) for table in (job, job_done)]
        query = select_jobs(union_all(*rows).subquery("jobs"))
        return {row.id: shorten(found) for row, found in self._accepted(self.reading.connection.execute(query).all())}

    def _segments(self, place: Place | None) -> Iterator[tuple[int, PageSegment]]:
        """Yield the segments of a walk from a place, each in the order of the walk."""
        numbered = list(enumerate(self.layout.segments))
        if self.backward:
            numbered.reverse()
        for number, segment in numbered:
            if place is None or (number <= place.segment if self.backward else number >= place.segment):
                yield number, PageSegment(segment.order.reverse(), segment.lanes) if self.backward else segment

    def _batch(self, number: int, segment: PageSegment, at: Place | None, missing: int) -> Batch:
        """Return the jobs of one batch, and its end unless that is the end of the segment."""
        size = self._batch_rows(missing)
        if not self.layout.residual and self.layout.filters:
            return self._filtered_batch(number, segment, at, missing)
        window = self._rows(Range(segment, at, size))
        statement = select_jobs(window).order_by(*ordering(segment.order, window.c))
        if self.layout.filters:
            statement = statement.where(self._passes(window))
        rows = self.reading.connection.execute(statement).all()
        kept = [(shorten(found), place_of(row, segment.order, number)) for row, found in self._accepted(rows)]
        if self.layout.filters:
            return kept, self._end(number, segment, at, size)
        return kept, place_of(rows[-1], segment.order, number) if len(rows) == size else None

    def _filtered_batch(self, number: int, segment: PageSegment, at: Place | None, missing: int) -> Batch:
        """Find the places first, without reading the long columns of rows that do not pass."""
        window = self._rows(Range(segment, at, FILTERED_ROWS, light=True))
        order = ordering(segment.order, window.c)
        rows = self.reading.connection.execute(
            select(window).where(self._passes(window)).order_by(*order).limit(missing)
        ).all()
        jobs = self.read_jobs([row.id for row in rows])
        kept = [(jobs[row.id], place_of(row, segment.order, number)) for row in rows]
        if len(rows) == missing:
            return kept, kept[-1][1]
        return kept, self._end(number, segment, at, FILTERED_ROWS)

    def _rows(self, wanted: Range) -> Subquery:
        return wanted.rows(self.reading.asked.dialect)

    def _batch_rows(self, missing: int) -> int:
        return RESIDUAL_BATCH_ROWS if self.layout.residual else missing

    def _end(self, number: int, segment: PageSegment, at: Place | None, size: int) -> Place | None:
        window = self._rows(Range(segment, at, size, light=True))
        columns = [window.c[key.column] for key in segment.order.keys]
        last = select(*columns).order_by(*ordering(segment.order, window.c)).limit(1).offset(size - 1)
        row = self.reading.connection.execute(last).one_or_none()
        return None if row is None else place_of(row, segment.order, number)

    def _passes(self, window: Subquery) -> Condition:
        return and_(*(condition_for(term, window.c, self.reading.asked) for term in self.layout.filters))

    def _accepted(self, rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], Job]]:
        """Yield the rows whose job passes the residual terms; summaries are made only if a term needs them."""
        reading, terms = self.reading, self.layout.residual
        is_asked = any(term.field in {"data", WORD} for term in terms)
        for row in rows:
            found = read_job(row, reading.backend, reading.summaries if is_asked or not terms else None)
            if all(holds(term, found, reading.criteria.now, self._is_stuck) for term in terms):
                yield row, found if is_asked or not terms else read_job(row, reading.backend, reading.summaries)

    def _is_stuck(self, found: Job) -> bool:
        criteria = self.reading.criteria
        return is_stuck(found, criteria.now, criteria.limits, criteria.waiting)
