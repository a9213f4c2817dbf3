"""Reads pages of jobs from the indexes, else over a bounded part, which the page notes."""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.native.own_orders import BY_STATE, own_order
from queuetui.backends.native.sql.look.layout import PageLayout, PageSegment, lay_out
from queuetui.backends.native.sql.look.orders import DONE, DONE_OLDEST, DUE, DUE_LATEST, column_of
from queuetui.backends.native.sql.look.ranges import count_ranges
from queuetui.backends.native.sql.look.term_kinds import FILTERED_ROWS, RESIDUAL_ROWS
from queuetui.backends.native.sql.look.walks import Collected, LayoutWalk, WalkSource
from queuetui.backends.reading.cursors import cut_walk, read_cursor, write_cursor
from queuetui.backends.reading.sort_orders import cut_sorted, value_of
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Query, Sort

_SERVED = {
    ("completed", DONE.name, True): DONE,
    ("completed", DONE.name, False): DONE_OLDEST,
    ("scheduled", DUE.name, False): DUE,
    ("scheduled", DUE.name, True): DUE_LATEST,
}


def read_page(reading: WalkSource, known_queues: tuple[str, ...], request: PageRequest) -> Page:
    """Return one page."""
    layout = lay_out(request.query, known_queues, reading.criteria, reading.asked)
    if not layout.segments:
        return Page((), Measured(0, as_of=reading.criteria.now))
    sort = request.query.sort
    served = layout if sort is None else _served_by_index(layout, sort)
    if served is None and sort is not None:
        return _read_sorted(reading, layout, request, sort)
    page = _read_walked(reading, served or layout, request)
    return replace(page, order=_own_order(layout)) if sort is None else page


def _own_order(layout: PageLayout) -> tuple[Sort, ...]:
    """Return the default order of a list; several states follow one another, each in its own order."""
    first = layout.segments[0]
    return own_order(first.order.name) if len(layout.segments) == 1 else BY_STATE


def _served_by_index(layout: PageLayout, sort: Sort) -> PageLayout | None:
    if len(layout.segments) != 1:
        return None
    segment = layout.segments[0]
    order = _SERVED.get((sort.field, segment.order.name, sort.descending))
    return None if order is None else replace(layout, segments=(PageSegment(order, segment.lanes),))


def _read_walked(reading: WalkSource, layout: PageLayout, request: PageRequest) -> Page:
    orders = tuple(segment.order.name for segment in layout.segments)
    widths = tuple(len(segment.order.keys) for segment in layout.segments)
    place = None if request.cursor is None else read_cursor(request.cursor, orders, widths)
    found = LayoutWalk(reading, layout, request.backward).collect(place, request.limit + 1)
    part = cut_walk(found.jobs, found.end, request, write_cursor)
    looked = _looked(layout) if part.is_cut_short else None
    return Page(
        part.items,
        _total(reading, layout, request, found),
        part.first,
        part.last,
        part.has_more,
        notes=_notes(layout, looked),
        looked=looked,
    )


def _total(reading: WalkSource, layout: PageLayout, request: PageRequest, found: Collected) -> Measured[int]:
    now = reading.criteria.now
    if request.cursor is None and found.end is None:
        return Measured(len(found.jobs), as_of=now)
    if layout.residual:
        return Measured(len(found.jobs), Exactness.CAPPED, now, "counted as far as was looked")
    if layout.filters:
        passed, is_all = LayoutWalk(reading, layout).count_filtered()
        why = "" if is_all else f"counted among {FILTERED_ROWS:,} jobs"
        return Measured(passed, Exactness.EXACT if is_all else Exactness.CAPPED, now, why)
    return _count_whole(reading, layout, request.query)


def _count_whole(reading: WalkSource, layout: PageLayout, query: Query) -> Measured[int]:
    known = reading.kept.recall([query], COUNT_CAP)
    if known:
        return known[query]
    counted = reading.connection.execute(count_ranges(layout.segments, COUNT_CAP + 1)).scalar_one()
    exactness = Exactness.EXACT if counted <= COUNT_CAP else Exactness.CAPPED
    total = Measured(min(counted, COUNT_CAP), exactness, reading.criteria.now)
    reading.kept.note([(query, total)])
    return total


def _looked(layout: PageLayout) -> int:
    """Return how many jobs are searched for one page."""
    return RESIDUAL_ROWS if layout.residual else FILTERED_ROWS


def _notes(layout: PageLayout, looked: int | None) -> tuple[str, ...]:
    notes = []
    if looked is not None:
        notes.append(f"no index serves this filter: {looked:,} jobs were looked through for this page, more lie beyond")
    if any(term.field in {"payload", "word"} for term in layout.residual):
        notes.append("of payloads over 8 KB only the head is searched")
    return tuple(notes)


def _read_sorted(reading: WalkSource, layout: PageLayout, request: PageRequest, sort: Sort) -> Page:
    walk = LayoutWalk(reading, layout)
    if layout.residual:
        found = walk.collect(None, RESIDUAL_ROWS)
        jobs = {job.ref.id: job for job, _ in found.jobs}
        values, is_all = [(job.ref.id, value_of(job, sort)) for job, _ in found.jobs], found.end is None
        cut = cut_sorted(values, request, sort)
    else:
        values, is_all = walk.list_values(column_of(sort), RESIDUAL_ROWS)
        cut = cut_sorted(values, request, sort)
        jobs = walk.read_jobs(cut.ids)
    exactness = Exactness.EXACT if is_all else Exactness.CAPPED
    part = f"no index serves sort:{sort.field}: only the first {len(values):,} jobs of the usual order are sorted"
    return Page(
        tuple(jobs[job_id] for job_id in cut.ids),
        Measured(len(values), exactness, reading.criteria.now),
        first=cut.first,
        last=cut.last,
        has_more=cut.has_more,
        notes=(*_notes(layout, None), *(() if is_all else (part,))),
    )
