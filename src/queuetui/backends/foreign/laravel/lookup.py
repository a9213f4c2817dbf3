"""Finds single rows: by where they stand, by uuid, by the end of a uuid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, or_

from queuetui.backends.foreign.laravel.filters import has_uuid
from queuetui.backends.foreign.laravel.pages import HEAD_SIZE, Source
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

_UUID_END = re.compile(r"[0-9a-fA-F-]{1,36}")
_UUID_SIZE = 36


def read_row(source: Source, name: str, row_id: int) -> Row | None:
    """Return one row whole, None when it is gone or its table is absent."""
    table = source.tables.jobs if name == JOBS else source.tables.failed
    if table is None:
        return None
    return next(_read(source, name, table.c.id == row_id, WHOLE_BYTES, 1), None)


def latest_failures(source: Source, limit: int) -> Iterator[Row]:
    """Return the newest failed jobs by row id, with the heads of their texts."""
    failed = source.tables.failed
    return iter(()) if failed is None else _read(source, FAILED, failed.c.id.is_not(None), HEAD_SIZE, limit)


def find_rows(source: Source, job_id: str, limit: int) -> Iterator[Row]:
    """Return whole rows with a uuid, failed ones first; `jobs` has no index for it, so its payloads are searched."""
    if not is_uuid(job_id):
        return
    failed, jobs = source.tables.failed, source.tables.jobs
    if failed is not None:
        where = failed.c.uuid == job_id if source.tables.failed_has_uuid else has_uuid(failed, job_id)
        yield from _read(source, FAILED, where, WHOLE_BYTES, limit)
    if jobs is not None:
        yield from _read(source, JOBS, has_uuid(jobs, job_id), WHOLE_BYTES, limit)


def find_by_suffix(source: Source, suffix: str, limit: int) -> list[Row]:
    """Return rows whose id is, or whose uuid ends in, what a person typed; at most `limit`."""
    place = row_of_id(suffix)
    if place is not None:
        row = read_row(source, *place)
        return [] if row is None else [row]
    if _UUID_END.fullmatch(suffix) is None:
        return []
    found: list[Row] = []
    failed, jobs = source.tables.failed, source.tables.jobs
    if failed is not None:
        ends = (
            failed.c.uuid.like(f"%{suffix}")
            if source.tables.failed_has_uuid
            else _payload_uuid_ends(failed.c.payload, suffix)
        )
        found += _read(source, FAILED, ends, HEAD_SIZE, limit)
    if jobs is not None and len(found) < limit:
        found += _read(source, JOBS, _payload_uuid_ends(jobs.c.payload, suffix), HEAD_SIZE, limit - len(found))
    return found


def _payload_uuid_ends(payload: ColumnElement[str], suffix: str) -> ColumnElement[bool]:
    unknown = "_" * (_UUID_SIZE - len(suffix))
    return or_(payload.like(f'{{"uuid":"{unknown}{suffix}"%'), payload.like(f'%,"uuid":"{unknown}{suffix}"%'))


def _read(source: Source, name: str, where: ColumnElement[bool], size: int, limit: int) -> Iterator[Row]:
    choose, read = (select_jobs, read_job) if name == JOBS else (select_failed, read_failed)
    table = present(source.tables.jobs if name == JOBS else source.tables.failed)
    chosen: Select[Any] = (
        choose(source.tables, source.dialect, size).where(where).order_by(table.c.id.desc()).limit(limit)
    )
    return (read(record) for record in source.connection.execute(chosen).mappings())
