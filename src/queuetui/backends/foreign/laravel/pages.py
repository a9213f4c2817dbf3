"""Reads one page over both tables: merged, filtered and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from sqlalchemy import ColumnElement, Connection, TableClause, func, select

from queuetui.backends.foreign.laravel.filters import TableFilter, build_filter
from queuetui.backends.foreign.laravel.jobs import cut_for_page
from queuetui.backends.foreign.laravel.matching import matches, reads_far
from queuetui.backends.foreign.laravel.row_ids import RowId, position_of, read_id
from queuetui.backends.foreign.laravel.rows import (
    FAILED,
    JOBS,
    JobRow,
    Row,
    read_failed,
    read_job,
    select_failed,
    select_jobs,
)
from queuetui.backends.foreign.laravel.sorting import (
    Key,
    Order,
    Place,
    Places,
    Side,
    is_inclusive,
    read_cursor,
    read_key,
    write_cursor,
)
from queuetui.backends.foreign.laravel.source import HEAD_SIZE, Source
from queuetui.backends.foreign.laravel.walks import Walk, begin_walk, how_far
from queuetui.backends.sql.budget import fetch_within
from queuetui.model.clock import from_us
from queuetui.model.job import Job
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Sort
from queuetui.model.state import State

COUNTED_ROWS = 10_000
COUNT_S = 0.25
SCANNED_ROWS = 5_000
SCAN_S = 0.5
FEWEST_SCANNED = 500
SORTED_ROWS = 10_000
FAR_SIZE = 256 * 1024
_LARGEST_CHUNK = 500
_FAR_CHUNK = 50


@dataclass(frozen=True, slots=True)
class _Seen:
    """A row that was read, with the key that it is sorted by and where it stands."""

    key: Key
    position: RowId
    row: Row


@dataclass(slots=True)
class _Stream:
    """The rows of one table beyond a place, read in chunks as they are asked for.

    `place` follows what was taken.
    """

    source: Source
    name: str
    rows: TableClause
    where: ColumnElement[bool]
    order: Order
    place: Place
    backward: bool
    chunk: int
    size: int
    walk: Walk | None = None
    _ahead: list[_Seen] = field(default_factory=list)
    _ended: bool = False

    def peek(self) -> _Seen | None:
        """Return the next row without taking it."""
        if not self._ahead and not self._ended:
            self._ahead = self._fetch()
            self._ended = len(self._ahead) < self.chunk
            self._ahead.reverse()
        return self._ahead[-1] if self._ahead else None

    def take(self) -> Row:
        """Take the row that `peek` showed."""
        seen = self._ahead.pop()
        self.place = Place(self._side, seen.key, seen.position)
        return seen.row

    @property
    def is_paused(self) -> bool:
        """Whether the time was over before all rows were looked at, and all that were found are taken."""
        return self.walk is not None and self.walk.paused and not self._ahead

    @property
    def reached(self) -> Place:
        """The place that the next page goes on from: behind all that was looked at."""
        if self.is_paused and self.walk is not None and self.walk.edge is not None:
            return Place(self._side, self.place.key, self.walk.edge)
        return self.place

    @property
    def _side(self) -> Side:
        return Side.BEFORE if self.backward else Side.AFTER

    def _fetch(self) -> list[_Seen]:
        key, position = self.order.key_of(self.name, self.rows), position_of(self.rows, self.source.dialect)
        beyond = self.order.beyond(self.name, self.place, key, position, backward=self.backward)
        if beyond is None:
            return []
        choose, read = (select_jobs, read_job) if self.name == JOBS else (select_failed, read_failed)
        chosen = choose(
            self.source.tables, self.source.dialect, self.size, key.label("sort_key"), position.label("position")
        )
        chosen = chosen.where(self.where, beyond)
        chosen = chosen.order_by(*self.order.clauses(self.name, key, position, backward=self.backward))
        if self.walk is None:
            found = self.source.connection.execute(chosen.limit(self.chunk)).fetchall()
        else:
            found = self.walk.fetch(chosen, self.chunk)
        records = [record._mapping for record in found]  # noqa: SLF001 - SQLAlchemy's public name for it
        return [_Seen(read_key(record["sort_key"]), read_id(record["position"]), read(record)) for record in records]


def read_page(source: Source, request: PageRequest) -> Page:
    """Return one page.

    Raises Unsupported for a filter that Laravel's tables cannot answer, Stale for a broken cursor.
    """
    if request.brief and not reads_far(request.query):
        source = replace(source, reader=replace(source.reader, brief=True), models=None)
    asked = build_filter(request.query, source.tables, source.reader.now_s, source.limits)
    order = Order(request.query.sort, source.reader.now_s, asked.only_reserved)
    streams, notes = _open_streams(source, request, asked, order)
    start: Places = {stream.name: stream.place for stream in streams}
    first_taken: Places = {}
    jobs: list[Job] = []
    kept: list[Row] = []
    scanned, unread, begun = 0, 0, monotonic()
    is_far, now = reads_far(request.query), from_us(source.reader.now_s * 1_000_000)
    merged = _merge(streams, order, backward=request.backward)
    while len(jobs) < request.limit and (scanned < FEWEST_SCANNED or _has_time(scanned, begun)):
        stream = next(merged, None)
        if stream is None:
            break
        row = stream.take()
        first_taken.setdefault(stream.name, _turned(stream.place))
        scanned += 1
        job = source.reader.read(row)
        unread += is_far and not (row.payload.whole and (isinstance(row, JobRow) or row.exception.whole))
        if matches(request.query, job, row, now, source.limits, folds_queues=source.tables.folds_queues):
            jobs.append(cut_for_page(job))
            kept.append(row)
    jobs = source.name_all(kept, jobs)
    if source.reader.settings.zone_note and any(job.state is State.FAILED for job in jobs):
        notes.append(source.reader.settings.zone_note)
    if unread:
        notes.append(f"{unread} jobs with longer texts were searched in their first {FAR_SIZE // 1024} KB only")
    has_more = any(stream.peek() is not None or stream.is_paused for stream in streams)
    is_cut_short = has_more and len(jobs) < request.limit
    if is_cut_short:
        notes.append(_told(streams, scanned, len(jobs)))
    near, far = write_cursor(start | first_taken), write_cursor({stream.name: stream.reached for stream in streams})
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
        max(scanned, _passed(streams)) if is_cut_short else None,
        _own_order(streams, order),
    )


def _own_order(streams: list[_Stream], order: Order) -> tuple[Sort, ...]:
    """Return what a page is ordered by that nobody sorted.

    Each table by the ids of its rows, failed jobs after the others.
    """
    if order.sort is not None:
        return ()
    if len(streams) != 1:
        return (Sort("state", descending=False),)
    return (Sort("completed" if streams[0].name == FAILED else "created", descending=order.descending),)


def _passed(streams: list[_Stream]) -> int:
    """Return over how many ids the streams walked."""
    return sum(stream.walk.passed for stream in streams if stream.walk is not None)


def _has_time(scanned: int, begun: float) -> bool:
    return scanned < SCANNED_ROWS and monotonic() - begun < SCAN_S


def _told(streams: list[_Stream], scanned: int, found: int) -> str:
    reached = how_far([stream.walk for stream in streams if stream.is_paused])
    looked = (
        f"not all rows were looked through: {reached}"
        if reached
        else f"looked through {scanned} rows here, {found} match"
    )
    return f"{looked}; go on to look further"


def _open_streams(
    source: Source, request: PageRequest, asked: TableFilter, order: Order
) -> tuple[list[_Stream], list[str]]:
    given = {} if request.cursor is None else read_cursor(request.cursor)
    edge = Place(Side.END if request.backward else Side.START)
    is_far = reads_far(request.query)
    size = FAR_SIZE if is_far else HEAD_SIZE
    chunk = min(_FAR_CHUNK if is_far else _LARGEST_CHUNK, request.limit + 1)
    streams: list[_Stream] = []
    notes: list[str] = []
    for name, (rows, where) in source.named_tables(asked).items():
        position = position_of(rows, source.dialect)
        floor = None if order.by_id else _oldest_sorted(source.connection, position)
        if floor is not None:
            notes.append(f"sorted among the newest {SORTED_ROWS} rows of {rows.name}")
        bounded = where if floor is None else where & (position >= floor)
        stream = _Stream(source, name, rows, bounded, order, given.get(name, edge), request.backward, chunk, size)
        is_everything = bounded.compare(rows.c.id.is_not(None))
        by_key = name == FAILED and asked.finds_failed_by_key
        if order.is_constant(name) and not is_everything and not by_key:
            stream.walk = _begin(stream)
        streams.append(stream)
    return streams, notes


def _begin(stream: _Stream) -> Walk | None:
    """Let a filter be answered window by window.

    No index of Laravel's tables serves one in the order of a page.
    """
    place = stream.place
    falling = stream.order.descending != stream.backward
    first = None
    if place.side in (Side.BEFORE, Side.AFTER) and isinstance(place.at, int):
        # A window of one row that was looked at already would be looked at for ever.
        step = 0 if is_inclusive(place, backward=stream.backward) else 1
        first = place.at - step if falling else place.at + step
    return begin_walk(stream.source.connection, stream.rows, falling=falling, first=first)


def _oldest_sorted(connection: Connection, position: ColumnElement[Any]) -> RowId | None:
    """Return the position from which rows are sorted, None when all are.

    No order but that of ids has an index.
    """
    oldest = select(position).order_by(position.desc()).offset(SORTED_ROWS - 1).limit(2)
    found = connection.execute(oldest).scalars().all()
    return read_id(found[0]) if len(found) > 1 else None


def _merge(streams: list[_Stream], order: Order, *, backward: bool) -> Iterator[_Stream]:
    """Yield, row by row, the stream whose next row comes next."""
    while True:
        heads = [(stream, head) for stream in streams if (head := stream.peek()) is not None]
        if not heads:
            return
        if len(heads) == 1:
            yield heads[0][0]
            continue
        (one, seen), (other, other_seen) = heads
        yield one if order.goes_first(seen.key, other_seen.key, one.name) != backward else other


def _turned(place: Place) -> Place:
    """Return the other side of the row a place is at."""
    return Place(Side.AFTER if place.side is Side.BEFORE else Side.BEFORE, place.key, place.at)


def _count(source: Source, request: PageRequest, asked: TableFilter, shown: int, *, has_more: bool) -> Measured[int]:
    if request.cursor is None and not has_more:
        return Measured(shown)
    if request.brief:
        return Measured(shown, Exactness.CAPPED, why="it was not asked for")
    if not asked.is_exact:
        why = "part of the filter is read out of the payloads, so only what was looked at is counted"
        return Measured(shown, Exactness.CAPPED, why=why)
    if shown < request.limit and has_more:
        return Measured(shown, Exactness.CAPPED, why="only what was looked at is counted")
    total = 0
    for rows, where in source.named_tables(asked).values():
        counted = select(rows.c.id).where(where).limit(COUNTED_ROWS).subquery()
        found = fetch_within(source.connection, select(func.count()).select_from(counted), COUNT_S)
        if found is None:
            return Measured(shown, Exactness.CAPPED, why="to count all that match takes the server too long")
        total += found[0][0]
    return Measured(min(total, COUNTED_ROWS), Exactness.CAPPED if total >= COUNTED_ROWS else Exactness.EXACT)
