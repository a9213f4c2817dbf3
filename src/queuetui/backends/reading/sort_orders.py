"""Pages of a bounded list that is sorted here, for the sorts that no index serves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from queuetui.backends.reading.cursors import CursorValue, Place, read_cursor, write_cursor
from queuetui.model.clock import to_us
from queuetui.model.errors import BadQuery
from queuetui.model.job import Job, shorten
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Sort
from queuetui.model.state import State
from queuetui.model.text import Untrusted

NEWEST = Sort("created", descending=True)
_PLACE_OF = {state: place for place, state in enumerate(State)}
SortKey = tuple[bool, str | float, str]
# The others are moments.
PLAIN_FIELDS = frozenset({"priority", "attempts", "type", "queue", "state"})


@dataclass(frozen=True, slots=True)
class Cut:
    """The ids of one page of a sorted list, and its cursors."""

    ids: tuple[str, ...]
    first: str | None
    last: str | None
    has_more: bool


def value_of(job: Job, sort: Sort) -> Any:  # noqa: ANN401 - each field has its own
    """Return what a sort goes by in a job that was read."""
    return getattr(job, sort.field if sort.field in PLAIN_FIELDS else f"{sort.field}_at")


def order_key(job: Job, sort: Sort) -> SortKey:
    """Return what a job goes by among those of other lists, for `sorted` with the sort's direction."""
    return _make_key(_plain(value_of(job, sort)), job.ref.id, sort)


def cut_page(jobs: Iterable[Job], request: PageRequest, usual: Sort, now: datetime) -> Page:
    """Return the page asked for out of all jobs that match, in the usual order unless it names one."""
    found = {job.ref.id: job for job in jobs}
    sort = request.query.sort or usual
    cut = cut_sorted([(job_id, value_of(job, sort)) for job_id, job in found.items()], request, sort)
    return Page(
        tuple(shorten(found[job_id]) for job_id in cut.ids),
        Measured(len(found), as_of=now),
        cut.first,
        cut.last,
        cut.has_more,
        order=() if request.query.sort is not None else (usual,),
    )


def cap_page(page: Page, note: str) -> Page:
    """Return a page of jobs of which there may be more, with why."""
    return replace(page, total=replace(page.total, exactness=Exactness.CAPPED), notes=(note,))


def cut_sorted(values: Sequence[tuple[str, Any]], request: PageRequest, sort: Sort) -> Cut:
    """Return the page of ids with their values: absent ones last in either direction, ties by id."""
    keys = sorted((_make_key(_plain(value), job_id, sort) for job_id, value in values), reverse=sort.descending)
    name = f"sorted {sort.field} {sort.descending}"
    start, end = _bounds(keys, request, sort, name)
    chosen = keys[start:end]
    return Cut(
        tuple(job_id for _, _, job_id in chosen),
        first=_cursor(name, chosen[0], sort) if chosen else None,
        last=_cursor(name, chosen[-1], sort) if chosen else None,
        has_more=start > 0 if request.backward else end < len(keys),
    )


def _bounds(keys: list[SortKey], request: PageRequest, sort: Sort, name: str) -> tuple[int, int]:
    if request.cursor is None:
        start = max(0, len(keys) - request.limit) if request.backward else 0
        return start, start + request.limit
    at = _read_key(request.cursor, sort, name)
    try:
        before = sum(key > at if sort.descending else key < at for key in keys)
    except TypeError as error:
        raise BadQuery("this cursor cannot be read; start from the first page", 0) from error
    after = before + (at in keys)
    return (max(0, before - request.limit), before) if request.backward else (after, after + request.limit)


def _cursor(name: str, key: SortKey, sort: Sort) -> str:
    is_absent = key[0] != sort.descending
    return write_cursor(Place(name, 0, (None if is_absent else key[1], key[2])))


def _read_key(cursor: str, sort: Sort, name: str) -> SortKey:
    value, job_id = read_cursor(cursor, (name,), (2,)).values
    return _make_key(value, str(job_id), sort)


def _make_key(value: CursorValue, job_id: str, sort: Sort) -> SortKey:
    return ((value is None) != sort.descending, "" if value is None else value, job_id)


def _plain(value: State | Untrusted | datetime | str | int | None) -> CursorValue:
    if isinstance(value, State):
        return _PLACE_OF[value]
    if isinstance(value, Untrusted):
        return value.raw
    return to_us(value) if isinstance(value, datetime) else value
