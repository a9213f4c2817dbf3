"""Finds single jobs: by where they stood when they were seen, by id, by the end of an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import False_, Table, Text, cast, or_, select

from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.comparisons import is_storable
from queuetui.backends.sql.row_lock import read_row_lock
from queuetui.backends.tables.conditions import at_id, condition, is_searched
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.orders import read_cursor
from queuetui.backends.tables.pages import read_page
from queuetui.backends.tables.rows import HEAD_CHARS, among_keys, find_row, read_row, select_rows
from queuetui.backends.tables.source import Column, Condition, Source
from queuetui.model.act import JobRef
from queuetui.model.job import Job
from queuetui.model.page import IdSearch, Page, PageRequest
from queuetui.model.pattern import Pattern, Wild
from queuetui.model.query import Comparison, Query, Term
from queuetui.model.row_lock import RowLock
from queuetui.model.stuck import is_due

# A server that has the index in memory comes through it in less.
_INDEX_S = 0.2
# More rows of one id than these are not named.
MOST_SHARING = 20


def read_seen(reading: Reading, seen: Mapping[str, JobRef], chars: int | None = None) -> dict[str, Job]:
    """Return the jobs that stand where they were seen, by their ids; None of `chars`: with whole texts."""
    return {job.ref.id: job for job in _read_places(reading, seen.values(), chars) if job.ref.id in seen}


def read_lock(reading: Reading, job: Job) -> RowLock | None:
    """Return whose transaction holds the row of a job that a worker could take."""
    found = find_row(job.ref.rev, reading) if is_due(job, reading.moment.now) else None
    if found is None:
        return None
    source, place = found
    table, at_key = source.table, source.at_key(place.key)
    return read_row_lock(reading.connection, table, at_key) if isinstance(table, Table) else None


def read_many(reading: Reading, job_ids: Sequence[str], seen: Mapping[str, JobRef]) -> dict[str, Job]:
    """Return the jobs of some ids from where they were seen; those that moved are searched for."""
    found = read_seen(reading, seen, HEAD_CHARS)
    for job_id in job_ids:
        if job_id not in found:
            alike, _ = find_by_id(reading, job_id)
            found |= {job_id: alike[0]} if len(alike) == 1 else {}
    return found


def find_by_id(reading: Reading, job_id: str) -> tuple[tuple[Job, ...], str]:
    """Return the jobs of an id, whole; where there is none, how far was searched."""
    found = find_by_key(reading, job_id, MOST_SHARING)
    named = Query((Term("id", Comparison.IS, (job_id,)),))
    if found or not any(is_searched(named, source) for source in reading.product.sources):
        return found, ""
    page = _search(reading, job_id, MOST_SHARING, None)
    jobs = _read_places(reading, [job.ref for job in page.jobs], None)
    return jobs, "" if page.looked is None else page.notes[-1]


def find_by_suffix(reading: Reading, suffix: str, limit: int, after: str | None) -> tuple[tuple[Job, ...], IdSearch]:
    """Return the jobs whose id is or ends in a text, and how far was searched."""
    exact = find_by_key(reading, suffix, max(limit, MOST_SHARING)) if after is None else ()
    if exact or not suffix:
        return exact, IdSearch(tuple(job.ref for job in exact))
    found, rest = _find_in_indexes(reading, suffix, limit) if after is None else ((), read_cursor(after).keys())
    sources = tuple(source for source in reading.product.sources if source.name in rest)
    if not sources or len(found) >= limit:
        return found, IdSearch(tuple(job.ref for job in found))
    others = replace(reading, product=replace(reading.product, sources=sources))
    page = _search(others, Pattern((Wild.ANY, suffix)), limit - len(found), after)
    is_cut_short = page.looked is not None
    note = page.notes[-1] if is_cut_short else ""
    jobs = (*found, *page.jobs)
    return jobs, IdSearch(tuple(job.ref for job in jobs), page.last if is_cut_short else None, page.looked or 0, note)


def _find_in_indexes(reading: Reading, suffix: str, limit: int) -> tuple[tuple[Job, ...], frozenset[str]]:
    """Return the jobs whose id ends in a text, by indexes alone, and the sources left to search."""
    found: list[Job] = []
    rest = set()
    for source in reading.product.sources:
        if _would_be_found(source, suffix):
            continue
        where = _where_index_ends(reading, source, suffix, limit - len(found)) if is_storable(suffix) else None
        if where is None:
            rest.add(source.name)
        elif len(found) < limit:
            found += _read(reading, source, where, limit - len(found), HEAD_CHARS)
    return tuple(found), frozenset(rest)


def _would_be_found(source: Source, job_id: str) -> bool:
    """Tell whether a text is a whole id that an index leads to: no other id ends in one."""
    where = source.by_id(job_id) if "id" in source.decoded.fields else None
    return where is not None and not isinstance(where, False_)


def _where_index_ends(reading: Reading, source: Source, suffix: str, limit: int) -> Condition | None:
    """Return the condition for rows whose id or name ends so, None where no index finds them in time."""
    indexed, key, number = source.decoded.indexed_id, source.key[0].at, suffix.rpartition("-")[2]
    if indexed is None:
        return None

    def find(column: Column, where: Condition) -> list[Any] | None:
        rows = fetch_within(reading.connection, select(column).where(where).limit(max(limit, 1)), _INDEX_S)
        return None if rows is None else [value for (value,) in rows]

    ids = find(indexed, cast(indexed, Text()).endswith(suffix, autoescape=True))
    is_name = number.isdecimal() and f"{source.name}-{number}".endswith(suffix)
    keys = find(key, cast(key, Text()).like(number if "-" in suffix else f"%{number}")) if is_name else []
    return None if ids is None or keys is None else or_(indexed.in_(ids), key.in_(keys))


def find_by_key(reading: Reading, job_id: str, limit: int) -> tuple[Job, ...]:
    """Return the jobs of an id whole, as far as keys and indexes lead to them."""
    asked = Term("id", Comparison.IS, (job_id,))
    found: list[Job] = []
    for source in reading.product.sources:
        where = at_id(job_id, source) if "id" in source.decoded.fields else condition(asked, source, reading)
        if where is not None:
            found += _read(reading, source, where, limit, None)
    return tuple(found[:limit])


def _search(reading: Reading, job_id: str | Pattern, limit: int, after: str | None) -> Page:
    query = Query((Term("id", Comparison.IS, (job_id,)),))
    return read_page(reading, PageRequest(query, limit, after, brief=True))


def _read_places(reading: Reading, refs: Iterable[JobRef], chars: int | None) -> tuple[Job, ...]:
    found: list[Job] = []
    places = [row[1] for ref in refs if (row := find_row(ref.rev, reading)) is not None]
    for source in reading.product.sources:
        keys = [place.key for place in places if place.source == source.name]
        if keys:
            found += _read(reading, source, among_keys(source, keys), len(keys), chars)
    return tuple(found)


def _read(reading: Reading, source: Source, where: Condition, limit: int, chars: int | None) -> list[Job]:
    chosen = select_rows(source, reading, source.shown(where), chars).limit(limit)
    read = [read_row(source, record, reading, chars) for record in reading.connection.execute(chosen).mappings()]
    return reading.product.complete(reading.connection, read)
