"""Pages of jobs by keyset, in memory."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from queuetui.model.clock import to_text
from queuetui.model.errors import BadQuery
from queuetui.model.job import Job, shorten
from queuetui.model.measured import Measured
from queuetui.model.page import Page
from queuetui.model.query import Sort
from queuetui.model.state import State
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.model.page import PageRequest

NEWEST_FIRST = Sort("created", descending=True)
STATE_ORDER = {state.value: place for place, state in enumerate(State)}
Key = tuple[bool, str | float, str]


def cut_page(jobs: Sequence[Job], request: PageRequest, now: datetime) -> Page:
    """Return the page asked for out of all jobs that match."""
    sort = request.query.sort or NEWEST_FIRST
    ordered = sorted(((_key(sort, job), job) for job in jobs), key=lambda pair: pair[0], reverse=sort.descending)
    keys = [key for key, _ in ordered]
    start, end = _bounds(keys, sort, request)
    chosen = ordered[start:end]
    return Page(
        tuple(shorten(job) for _, job in chosen),
        Measured(len(jobs), as_of=now),
        first=_to_cursor(sort, chosen[0][0]) if chosen else None,
        last=_to_cursor(sort, chosen[-1][0]) if chosen else None,
        has_more=start > 0 if request.backward else end < len(ordered),
        order=() if request.query.sort is not None else (sort,),
    )


def _bounds(keys: list[Key], sort: Sort, request: PageRequest) -> tuple[int, int]:
    if request.cursor is None:
        start = max(0, len(keys) - request.limit) if request.backward else 0
        return start, start + request.limit
    at = _from_cursor(sort, request.cursor)
    # bisect wants rising keys, so a falling list is looked at from its end.
    if sort.descending:
        rising = keys[::-1]
        before, after = len(keys) - bisect_right(rising, at), len(keys) - bisect_left(rising, at)
    else:
        before, after = bisect_left(keys, at), bisect_right(keys, at)
    return (max(0, before - request.limit), before) if request.backward else (after, after + request.limit)


def _key(sort: Sort, job: Job) -> Key:
    value = _sorted_value(sort.field, job)
    # An absent value comes last in either direction.
    is_absent = value is None
    return (is_absent != sort.descending, "" if value is None else value, job.ref.id)


def _sorted_value(field: str, job: Job) -> str | float | None:
    match field:
        case "state":
            return f"{STATE_ORDER[job.state.value]:02}"
        case "type" | "queue":
            name: Untrusted = getattr(job, field)
            return name.raw
        case "priority" | "attempts":
            number: int | None = getattr(job, field)
            return None if number is None else float(number)
        case _:
            at: datetime | None = getattr(job, f"{field}_at")
            return None if at is None else to_text(at)


def _to_cursor(sort: Sort, key: Key) -> str:
    return json.dumps([sort.field, sort.descending, *key])


def _from_cursor(sort: Sort, cursor: str) -> Key:
    field, descending, is_last, value, job_id = json.loads(cursor)
    if (field, descending) != (sort.field, sort.descending):
        raise BadQuery(f"the place in the list was kept for a list sorted by {field}; start again at the top", 0)
    return is_last, value, job_id
