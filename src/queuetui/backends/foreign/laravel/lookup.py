"""Finds single rows: by where they stand, by uuid, by the end of a uuid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, or_

from queuetui.backends.foreign.laravel.filters import has_uuid
from queuetui.backends.foreign.laravel.row_ids import has_id, position_of
from queuetui.backends.foreign.laravel.rows import (
    FAILED,
    JOBS,
    WHOLE_BYTES,
    Row,
    is_uuid,
    present,
    read_failed,
    read_job,
    row_of_id,
    select_failed,
    select_jobs,
)
from queuetui.backends.foreign.laravel.source import HEAD_SIZE, Source
from queuetui.backends.foreign.laravel.walks import Walk, begin_walk, how_far

_UUID_END = re.compile(r"[0-9a-fA-F-]{1,36}")
_UUID_SIZE = 36
# More rows of one uuid than these are not named.
MOST_SHARING = 20


def read_row(source: Source, name: str, row_id: str) -> Row | None:
    """Return one row whole, None when it is gone or its table is absent."""
    table = source.tables.jobs if name == JOBS else source.tables.failed
    if table is None:
        return None
    return next(_read(source, name, has_id(table, row_id), WHOLE_BYTES, 1), None)


def latest_failures(source: Source, limit: int) -> Iterator[Row]:
    """Return the newest failed jobs by row id, with the heads of their texts."""
    failed = source.tables.failed
    return iter(()) if failed is None else _read(source, FAILED, failed.c.id.is_not(None), HEAD_SIZE, limit)


@dataclass(frozen=True, slots=True)
class Search:
    """What the search for an id found; `cut_short` says how far it came where it did not come to the end."""

    rows: tuple[Row, ...]
    cut_short: str = ""


def find_rows(source: Source, job_id: str) -> Search:
    """Look for a uuid: failed_jobs is asked by its key, and as `jobs` has no index for it, its newest payloads are searched."""
    if not is_uuid(job_id):
        return Search(())
    failed, jobs = source.tables.failed, source.tables.jobs
    found: list[Row] = []
    walks: list[Walk | None] = []
    if failed is not None and source.tables.failed_has_uuid:
        found += _read(source, FAILED, failed.c.uuid == job_id, WHOLE_BYTES, MOST_SHARING)
    elif failed is not None:
        walks += _search(source, FAILED, has_uuid(failed, job_id), WHOLE_BYTES, 1, found)
    if jobs is not None and not found:
        walks += _search(source, JOBS, has_uuid(jobs, job_id), WHOLE_BYTES, 1, found)
    return Search(tuple(found), how_far(walks))


def find_by_suffix(source: Source, suffix: str, limit: int) -> Search:
    """Look for what a person typed: a place, a uuid, or the end of one among the newest rows; at most `limit` rows."""
    place = row_of_id(suffix)
    if place is not None:
        row = read_row(source, *place)
        return Search(() if row is None else (row,))
    if is_uuid(suffix):
        return find_rows(source, suffix)
    if _UUID_END.fullmatch(suffix) is None:
        return Search(())
    found: list[Row] = []
    walks: list[Walk | None] = []
    failed, jobs = source.tables.failed, source.tables.jobs
    if failed is not None:
        ends = (
            cast(failed.c.uuid, Text()).like(f"%{suffix}")
            if source.tables.failed_has_uuid
            else _payload_uuid_ends(failed.c.payload, suffix)
        )
        walks += _search(source, FAILED, ends, HEAD_SIZE, limit, found)
    if jobs is not None and len(found) < limit:
        ends = _payload_uuid_ends(jobs.c.payload, suffix)
        walks += _search(source, JOBS, ends, HEAD_SIZE, limit, found)
    return Search(tuple(found), how_far(walks))


def _search(
    source: Source, name: str, where: ColumnElement[bool], size: int, limit: int, found: list[Row]
) -> list[Walk | None]:
    """Add the newest rows that match to `found`, as far as a walk comes; return the walk."""
    choose, read = (select_jobs, read_job) if name == JOBS else (select_failed, read_failed)
    table = present(source.tables.jobs if name == JOBS else source.tables.failed)
    walk = begin_walk(source.connection, table, falling=True)
    if walk is None:
        found += _read(source, name, where, size, limit - len(found))
        return []
    chosen = choose(source.tables, source.dialect, size).where(where).order_by(table.c.id.desc())
    found += [read(record._mapping) for record in walk.fetch(chosen, limit - len(found))]  # noqa: SLF001 - SQLAlchemy's public name for it
    return [walk]


def _payload_uuid_ends(payload: ColumnElement[str], suffix: str) -> ColumnElement[bool]:
    unknown = "_" * (_UUID_SIZE - len(suffix))
    written = cast(payload, Text())
    # JSON as a type of the database writes spaces behind commas and colons.
    starts = ('{"uuid":', '%,"uuid":', '{"uuid": ', '%, "uuid": ')
    return or_(*(written.like(f'{start}"{unknown}{suffix}"%') for start in starts))


def _read(source: Source, name: str, where: ColumnElement[bool], size: int, limit: int) -> Iterator[Row]:
    choose, read = (select_jobs, read_job) if name == JOBS else (select_failed, read_failed)
    table = present(source.tables.jobs if name == JOBS else source.tables.failed)
    chosen: Select[Any] = (
        choose(source.tables, source.dialect, size)
        .where(where)
        .order_by(position_of(table, source.dialect).desc())
        .limit(limit)
    )
    return (read(record) for record in source.connection.execute(chosen).mappings())
