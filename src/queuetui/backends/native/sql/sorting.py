"""Pages of a bounded list that is sorted here, for the sorts that no index serves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.backends.native.sql.cursors import CursorValue, Place, read_cursor, write_cursor
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.model.clock import to_us
from queuetui.model.errors import BadQuery
from queuetui.model.job import Job
from queuetui.model.measured import Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.query import Sort
from queuetui.model.text import Untrusted

SortKey = tuple[bool, str | float, str]


def cut_sorted(jobs: Sequence[Job], request: PageRequest, sort: Sort) -> Page:
    """Return the page asked for out of all jobs given; absent values come last in either direction."""
    ordered = sorted(((_key(job, sort), job) for job in jobs), key=lambda pair: pair[0], reverse=sort.descending)
    keys = [key for key, _ in ordered]
    name = f"sorted {sort.field} {sort.descending}"
    start, end = _bounds(keys, request, sort, name)
    chosen = ordered[start:end]
    return Page(
        tuple(job for _, job in chosen),
        Measured(len(jobs)),
        first=_cursor(name, chosen[0][0], sort) if chosen else None,
        last=_cursor(name, chosen[-1][0], sort) if chosen else None,
        has_more=start > 0 if request.backward else end < len(ordered),
    )


def _bounds(keys: list[SortKey], request: PageRequest, sort: Sort, name: str) -> tuple[int, int]:
    if request.cursor is None:
        start = max(0, len(keys) - request.limit) if request.backward else 0
        return start, start + request.limit
    at = _read_key(request.cursor, sort, name)
    try:
        before = sum(key > at if sort.descending else key < at for key in keys)
        after = before + sum(key == at for key in keys)
    except TypeError as error:
        raise BadQuery("this cursor cannot be read; start from the first page", 0) from error
    return (max(0, before - request.limit), before) if request.backward else (after, after + request.limit)


def _cursor(name: str, key: SortKey, sort: Sort) -> str:
    is_absent = key[0] != sort.descending
    return write_cursor(Place(name, 0, (None if is_absent else key[1], key[2])))


def _read_key(cursor: str, sort: Sort, name: str) -> SortKey:
    value, job_id = read_cursor(cursor, (name,), (2,)).values
    return _make_key(value, str(job_id), sort)


def _key(job: Job, sort: Sort) -> SortKey:
    return _make_key(_value(job, sort.field), job.ref.id, sort)


def _make_key(value: CursorValue, job_id: str, sort: Sort) -> SortKey:
    return ((value is None) != sort.descending, "" if value is None else value, job_id)


def _value(job: Job, field: str) -> CursorValue:
    match field:
        case "state":
            return CODE_OF[job.state]
        case "type" | "queue":
            name: Untrusted = getattr(job, field)
            return name.raw
        case "priority" | "attempts":
            number: int | None = getattr(job, field)
            return number
        case _:
            at: datetime | None = getattr(job, f"{field}_at")
            return None if at is None else to_us(at)
