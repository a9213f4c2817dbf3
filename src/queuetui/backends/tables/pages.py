"""Reads one page over all sources of a product: merged, filtered and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic

from sqlalchemy import Subquery, and_, func, literal, select

from queuetui.backends.reading.query_scope import asks_for_stuck
from queuetui.backends.reading.sort_orders import NEWEST
from queuetui.backends.reading.worker_names import name_workers
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables.conditions import Asked, build, is_searched, states_sought
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.orders import (
    BY_KEY,
    Order,
    Side,
    Spot,
    choose_order,
    read_cursor,
    write_cursor,
)
from queuetui.backends.tables.rows import HEAD_CHARS, cut_for_page, read_row
from queuetui.backends.tables.source import Condition, ReadRow, Source
from queuetui.backends.tables.streams import Stream, merge
from queuetui.model.job import Job
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import WORD, Sort, Term
from queuetui.model.query_match import holds, is_among
from queuetui.model.state import State

COUNTED_ROWS = 10_000
COUNT_S = 0.25
SCANNED_ROWS = 5_000
SCAN_S = 0.5
FEWEST_SCANNED = 500
# What is hardly ever there is not what most of the time is spent on.
SPARSE_SHARE = 0.1
FAR_CHARS = 256 * 1024
_FAR_FIELDS = frozenset({"payload", "error", "fingerprint", "data", WORD})
_LARGEST_CHUNK = 500
_TOO_LONG = "to count all that match takes the server too long"
_FAR_CHUNK = 50


def read_page(
    reading: Reading, request: PageRequest, *, counted: bool = True, among: Mapping[str, Condition] | None = None
) -> Page:
    """Return one page, or those of its jobs that are `among` some rows; raises Unsupported and Stale."""
    asked = _ask(reading, request, among)
    if request.brief and not _is_far(asked):
        reading = replace(reading, brief=True)
    streams = _open(reading, request, asked)
    first = {stream.name: stream.spot for stream in streams}
    found = _Search(reading, asked.residual)
    found.gather(streams, request)
    jobs = reading.product.complete(reading.connection, found.kept)
    has_more = any(stream.peek() is not None or stream.is_paused for stream in streams)
    notes, looked = [*_notes(request, streams, reading), *found.notes()], None
    if has_more and len(jobs) < request.limit:
        looked = found.scanned + sum(stream.passed for stream in streams)
        notes.append(f"looked through {looked:,} rows, {len(jobs):,} match; go on to look further")
    # Where the time to look was over, it is not enough to count either.
    why = _TOO_LONG if any(stream.is_paused for stream in streams) else ""
    why = why if counted and not request.brief else "it was not asked for"
    page = Page(
        tuple(jobs),
        _count(reading, request, asked, len(jobs), has_more=has_more, why=why),
        has_more=has_more,
        notes=tuple(notes),
        looked=looked,
        order=_own_order(request, streams),
        is_sorted=all(_is_served(stream.order, request.query.sort) for stream in streams),
    )
    if not jobs and not has_more:
        return page
    return _bound(page, request, first | found.first_taken, {stream.name: stream.reached for stream in streams})


def _bound(page: Page, request: PageRequest, first: Mapping[str, Spot], last: Mapping[str, Spot]) -> Page:
    """Return a page with its cursors, in the order of the list although it was read backward."""
    if request.backward:
        first, last = ({name: spot.turned() for name, spot in spots.items()} for spots in (last, first))
        page = replace(page, jobs=page.jobs[::-1])
    return replace(page, first=write_cursor(first), last=write_cursor(last))


def _ask(reading: Reading, request: PageRequest, among: Mapping[str, Condition] | None) -> Asked:
    """Return what is asked of each source, workers that are named by their host included."""
    query = request.query
    if any(term.field == "worker" for term in query.terms):
        query = name_workers(query, reading.workers())
    asked = build(query, reading)
    if among is None:
        return asked
    narrowed = {name: and_(where, among[name]) for name, where in asked.where.items() if name in among}
    return replace(asked, where=narrowed, is_everything=False)


class _Search:
    """Takes rows from the streams, and keeps those that match the residual terms too."""

    def __init__(self, reading: Reading, residual: Sequence[Term]) -> None:
        self._reading = reading
        self._residual = residual
        self._unread = 0
        self._notes: dict[str, None] = {}
        self.kept: list[tuple[ReadRow, Job]] = []
        self.scanned = 0
        self.first_taken: dict[str, Spot] = {}

    def gather(self, streams: Sequence[Stream], request: PageRequest) -> None:
        """Take rows until the page is full, nothing is left, or enough were looked at."""
        begun = monotonic()
        merged = merge(streams[::-1] if request.backward else streams)
        while len(self.kept) < request.limit and (self.scanned < FEWEST_SCANNED or self._has_time(begun)):
            stream = next(merged, None)
            if stream is None:
                return
            self._take(stream)

    def notes(self) -> list[str]:
        """Return what to know of the search."""
        if not self._unread:
            return list(self._notes)
        unread = f"{self._unread} jobs with longer texts were searched in their first {FAR_CHARS // 1024} KB only"
        return [*self._notes, unread]

    def _take(self, stream: Stream) -> None:
        record = stream.take()
        self.first_taken.setdefault(stream.name, replace(stream.spot, side=Side.BEFORE))
        self.scanned += 1
        source = stream.order.source
        row, job = read_row(source, record, self._reading, stream.chars)
        is_stuck = bool(record["stuck_"])
        self._unread += bool(self._residual) and stream.chars == FAR_CHARS and bool(row.cut)
        if all(self._holds(term, source, row, job, is_stuck=is_stuck) for term in self._residual):
            self.kept.append((row, cut_for_page(job)))
            self._notes |= {source.page_note: None} if source.page_note else {}

    def _holds(self, term: Term, source: Source, row: ReadRow, job: Job, *, is_stuck: bool) -> bool:
        plain = replace(term, negated=False)
        found = holds(plain, job, self._reading.moment.now, lambda _: is_stuck)
        found = found or source.decoded.also_means(plain, row, job)
        if term.field == "id" and "id" in source.decoded.fields:
            # A row is found by where it stands too, whatever id it carries.
            found = found or is_among(plain, [row.name])
        return found != term.negated

    def _has_time(self, begun: float) -> bool:
        return self.scanned < SCANNED_ROWS and monotonic() - begun < SCAN_S


def _open(reading: Reading, request: PageRequest, asked: Asked) -> list[Stream]:
    """Return a stream of each source, in the direction in which the page is read."""
    given = {} if request.cursor is None else read_cursor(request.cursor)
    is_far = _is_far(asked)
    chunk = min(_FAR_CHUNK if is_far else _LARGEST_CHUNK, request.limit + 1)
    streams = []
    for source in reading.product.sources:
        if source.name not in asked.where:
            continue
        spot = given.get(source.name)
        order = _order(reading, request, source, None if spot is None else spot.by)
        if request.backward:
            order, spot = order.turned(), None if spot is None else spot.turned()
        is_sparse = source.sparse and reading.is_large(source)
        walks = not order.nullable and not (asked.is_everything and not source.is_partial)
        streams.append(
            Stream(
                reading,
                order,
                asked.where[source.name],
                spot or Spot(order.by, Side.START),
                chunk,
                FAR_CHARS if is_far else HEAD_CHARS,
                walks,
                is_scan=walks and (is_sparse or is_searched(request.query, source)),
                share=SPARSE_SHARE if is_sparse else 1.0,
            )
        )
    return streams


def _order(reading: Reading, request: PageRequest, source: Source, by: str | None) -> Order:
    sort = request.query.sort
    if sort is None and _is_oldest_first(source, request):
        return choose_order(source, Sort("created", descending=False), reading, BY_KEY)
    return choose_order(source, sort, reading, by)


def _is_far(asked: Asked) -> bool:
    return any(term.field in _FAR_FIELDS for term in asked.residual)


def _is_oldest_first(source: Source, request: PageRequest) -> bool:
    """Tell whether only jobs are asked for that workers took first: those that run or are stuck."""
    states = states_sought(request.query, source)
    return source.taken_by_key and (states == {State.PROCESSING} or asks_for_stuck(request.query))


def _notes(request: PageRequest, streams: Sequence[Stream], reading: Reading) -> list[str]:
    unserved = [stream.order for stream in streams if stream.order.is_unserved]
    is_asked = request.query.sort is not None
    return [
        f"{reading.sizes.describe(order.source, is_asked=is_asked)} no index for their order by {order.wanted}: they come in the"
        " order of their keys"
        for order in unserved
    ]


def _is_served(order: Order, sort: Sort | None) -> bool:
    """Tell whether jobs come in exactly the order asked for; the column of a decoded field may differ."""
    if sort is None or sort.field in order.source.key_orders:
        return True
    at = order.source.fields.get(sort.field)
    is_near = sort.field in order.source.decoded.fields and at is not None and not at.codec.is_time
    return order.by == sort.field and not is_near


def _own_order(request: PageRequest, streams: Sequence[Stream]) -> tuple[Sort, ...]:
    """Return the order of a page that nobody sorted, where it is one of a field."""
    if request.query.sort is not None or any(stream.order.is_unserved for stream in streams):
        return ()
    if len(streams) == 1:
        (order,) = (stream.order for stream in streams)
        return (Sort("created" if order.is_known else "completed", descending=order.falling != order.is_turned),)
    # What lacks a time of making stands behind the others.
    return (NEWEST,) if all(stream.order.is_known for stream in streams) else (Sort("state", descending=False),)


def _count(
    reading: Reading, request: PageRequest, asked: Asked, shown: int, *, has_more: bool, why: str
) -> Measured[int]:
    if request.cursor is None and not has_more:
        return Measured(shown)
    if asked.residual:
        why = "part of the filter is read out of the rows here, so only what was looked at is counted"
    if why:
        return Measured(shown, Exactness.CAPPED, why=why)
    counts = [
        select(func.count()).select_from(_some(source, asked.where[source.name])).scalar_subquery()
        for source in reading.product.sources
        if source.name in asked.where
    ]
    found = fetch_within(reading.connection, select(literal(0), *counts), COUNT_S)
    if found is None:
        return Measured(shown, Exactness.CAPPED, why=_TOO_LONG)
    total = sum(map(int, found[0]))
    return Measured(min(total, COUNTED_ROWS), Exactness.CAPPED if total >= COUNTED_ROWS else Exactness.EXACT)


def _some(source: Source, where: Condition) -> Subquery:
    """Return the rows that a condition holds for, up to as many as are counted."""
    return select(literal(1).label("one")).select_from(source.rows).where(where).limit(COUNTED_ROWS).subquery()
