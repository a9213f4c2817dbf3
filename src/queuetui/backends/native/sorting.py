"""Pages of a bounded list that is sorted here, for the sorts that no index serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queuetui.backends.native.cursors import CursorValue, Place, read_cursor, write_cursor
from queuetui.model.clock import to_us
from queuetui.model.errors import BadQuery
from queuetui.model.job import Job
from queuetui.model.page import PageRequest
from queuetui.model.query import Sort
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_PLACE_OF = {state: place for place, state in enumerate(State)}
SortKey = tuple[bool, str | float, str]
_COLUMN_OF = {"scheduled": "due_at", "completed": "done_at"}
BY_STATE = (Sort("state", descending=False),)
_OWN_ORDERS = {
    "claim": (Sort("priority", descending=True), Sort("scheduled", descending=False)),
    "ready": (Sort("scheduled", descending=False),),
    "run": (Sort("started", descending=False),),
    "due": (Sort("scheduled", descending=False),),
    "done": (Sort("completed", descending=True),),
}
_NEWEST = (Sort("created", descending=True),)
_PLAIN = frozenset({"priority", "attempts", "type", "queue", "state"})


@dataclass(frozen=True, slots=True)
class Cut:
    """The ids of one page of a sorted list, and its cursors."""

    ids: tuple[str, ...]
    first: str | None
    last: str | None
    has_more: bool


def own_order(name: str) -> tuple[Sort, ...]:
    """Return what the jobs of a stretch are ordered by, by the stretch's name; the newest first where it has none of its own."""
    return _OWN_ORDERS.get(name, _NEWEST)


def column_of(sort: Sort) -> str:
    """Return the column that a sort goes by."""
    return sort.field if sort.field in _PLAIN else _COLUMN_OF.get(sort.field, f"{sort.field}_at")


def value_of(job: Job, sort: Sort) -> object:
    """Return what a sort goes by in a job that was read."""
    return getattr(job, sort.field if sort.field in _PLAIN else f"{sort.field}_at")


def cut_sorted(values: Sequence[tuple[str, Any]], request: PageRequest, sort: Sort) -> Cut:
    """Return the page asked for out of ids with their values; absent values come last in either direction, ties go by id."""
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
