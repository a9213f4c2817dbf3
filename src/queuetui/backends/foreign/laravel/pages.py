"""Reads one page over both tables: merged, filtered and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, TableClause, func, select

from queuetui.backends.foreign.laravel.filters import TableFilter, build_filter, reach_into_command
from queuetui.backends.foreign.laravel.jobs import JobReader, cut_for_page
from queuetui.backends.foreign.laravel.rows import FAILED, JOBS, Row, read_failed, read_job, select_failed, select_jobs
from queuetui.backends.foreign.laravel.sorting import (
    Key,
    Order,
    Place,
    Places,
    Side,
    read_cursor,
    read_key,
    write_cursor,
)
from queuetui.backends.foreign.laravel.states import is_stuck
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.model.clock import from_us
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Query
from queuetui.model.query_match import holds

HEAD_SIZE = 4096
COUNTED_ROWS = 10_000
SCANNED_ROWS = 5_000
SORTED_ROWS = 10_000
_LARGEST_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Source:
    """Where pages are read from: the tables, an open transaction on them and the reader of its rows."""

    connection: Connection
    tables: Tables
    reader: JobReader
    limits: Limits

    @property
    def dialect(self) -> str:
        """The name of the database's dialect."""
        return self.connection.dialect.name

    def named_tables(self, asked: TableFilter) -> dict[str, tuple[TableClause, ColumnElement[bool]]]:
        """Return the tables that may hold a match, each with its condition."""
        found = {JOBS: (self.tables.jobs, asked.jobs), FAILED: (self.tables.failed, asked.failed)}
        return {name: (rows, where) for name, (rows, where) in found.items() if rows is not None and where is not None}


@dataclass(slots=True)
class _Stream:
    """The rows of one table beyond a place, read in chunks as they are asked for; `place` follows what was taken."""

    source: Source
    name: str
    rows: TableClause
    where: ColumnElement[bool]
    order: Order
    place: Place
    backward: bool
    chunk: int
    _ahead: list[tuple[Key, Row]] = field(default_factory=list)
    _ended: bool = False

    def peek(self) -> tuple[Key, Row] | None:
        """Return the next row with its key without taking it."""
        if not self._ahead and not self._ended:
            self._ahead = self._fetch()
            self._ended = len(self._ahead) < self.chunk
            self._ahead.reverse()
        return self._ahead[-1] if self._ahead else None

    def take(self) -> Row:
        """Take the row that `peek` showed."""
        key, row = self._ahead.pop()
        self.place = Place(Side.BEFORE if self.backward else Side.AFTER, key, row.row_id)
        return row

    def _fetch(self) -> list[tuple[Key, Row]]:
        key = self.order.key_of(self.name, self.rows)
        beyond = self.order.beyond(self.name, self.place, key, self.rows, backward=self.backward)
        if beyond is None:
            return []
        choose, read = (select_jobs, read_job) if self.name == JOBS else (select_failed, read_failed)
        chosen = choose(self.source.tables, self.source.dialect, HEAD_SIZE, key.label("sort_key"))
        chosen = chosen.where(self.where, beyond).limit(self.chunk)
        chosen = chosen.order_by(*self.order.clauses(self.name, key, self.rows, backward=self.backward))
        records = self.source.connection.execute(chosen).mappings()
        return [(read_key(record["sort_key"]), read(record)) for record in records]


def read_page(source: Source, request: PageRequest) -> Page:
    """Return one page. Raises Unsupported for a filter that Laravel's tables cannot answer, Stale for a broken cursor."""
    asked = build_filter(request.query, source.tables, source.reader.now_s, source.limits)
    order = Order(request.query.sort, source.reader.now_s)
    streams, notes = _open_streams(source, request, asked, order)
    start: Places = {stream.name: stream.place for stream in streams}
    first_taken: Places = {}
    jobs: list[Job] = []
    scanned = 0
    merged = _merge(streams, order, backward=request.backward)
    while len(jobs) < request.limit and scanned < SCANNED_ROWS:
        stream = next(merged, None)
        if stream is None:
            break
        row = stream.take()
        first_taken.setdefault(stream.name, _turned(stream.place))
        scanned += 1
        job = source.reader.read(row)
        if _matches(request.query, job, source):
            jobs.append(cut_for_page(job))
    has_more = any(stream.peek() is not None for stream in streams)
    is_cut_short = has_more and len(jobs) < request.limit
    if is_cut_short:
        notes.append(f"looked through {scanned} rows here, {len(jobs)} match; go on to look further")
    near, far = write_cursor(start | first_taken), write_cursor({stream.name: stream.place for stream in streams})
    if request.backward:
        jobs.reverse()
        near, far = far, near
    is_empty = not jobs and not has_more
    return Page(
        tuple(jobs),
        _count(source, request, asked, len(jobs), has_more=has_more),
        None if is_empty else near,
        None if is_empty else far,
        has_more,
        tuple(notes),
        scanned if is_cut_short else None,
    )


def _open_streams(
    source: Source, request: PageRequest, asked: TableFilter, order: Order
) -> tuple[list[_Stream], list[str]]:
    given = {} if request.cursor is None else read_cursor(request.cursor)
    edge = Place(Side.END if request.backward else Side.START)
    chunk = min(_LARGEST_CHUNK, request.limit + 1)
    streams: list[_Stream] = []
    notes: list[str] = []
    for name, (rows, where) in source.named_tables(asked).items():
        floor = None if order.by_id else _oldest_sorted(source.connection, rows)
        if floor is not None:
            notes.append(f"sorted among the newest {SORTED_ROWS} rows of {rows.name}")
        bounded = where if floor is None else where & (rows.c.id >= floor)
        streams.append(_Stream(source, name, rows, bounded, order, given.get(name, edge), request.backward, chunk))
    return streams, notes


def _oldest_sorted(connection: Connection, rows: TableClause) -> int | None:
    """Return the id from which rows are sorted, None when all are: no order but that of ids has an index."""
    newest = select(rows.c.id).order_by(rows.c.id.desc()).limit(SORTED_ROWS + 1).subquery()
    found = connection.execute(select(func.min(newest.c.id), func.count())).one()
    return int(found[0]) + 1 if found[1] > SORTED_ROWS else None


def _merge(streams: list[_Stream], order: Order, *, backward: bool) -> Iterator[_Stream]:
    """Yield, row by row, the stream whose next row comes next."""
    while True:
        heads = [(stream, head) for stream in streams if (head := stream.peek()) is not None]
        if not heads:
            return
        if len(heads) == 1:
            yield heads[0][0]
            continue
        (one, (key, _)), (other, (other_key, _)) = heads
        yield one if order.goes_first(key, other_key, one.name) != backward else other


def _turned(place: Place) -> Place:
    """Return the other side of the row a place is at."""
    return Place(Side.AFTER if place.side is Side.BEFORE else Side.BEFORE, place.key, place.row_id)


def _matches(query: Query, job: Job, source: Source) -> bool:
    now = from_us(source.reader.now_s * 1_000_000)
    terms = map(reach_into_command, query.terms)
    return all(holds(term, job, now, lambda one: is_stuck(one, now, source.limits)) for term in terms)


def _count(source: Source, request: PageRequest, asked: TableFilter, shown: int, *, has_more: bool) -> Measured[int]:
    if not asked.is_exact:
        if request.cursor is None and not has_more:
            return Measured(shown)
        why = "part of the filter is read out of the payloads, so only what was looked at is counted"
        return Measured(shown, Exactness.CAPPED, why=why)
    total = 0
    for rows, where in source.named_tables(asked).values():
        counted = select(rows.c.id).where(where).limit(COUNTED_ROWS).subquery()
        total += source.connection.execute(select(func.count()).select_from(counted)).scalar_one()
    return Measured(min(total, COUNTED_ROWS), Exactness.CAPPED if total >= COUNTED_ROWS else Exactness.EXACT)
