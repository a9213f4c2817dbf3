"""Finds single rows: by where they stand, by uuid, by the end of a uuid."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, or_, select

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
from queuetui.backends.sql.budget import fetch_within

_UUID_END = re.compile(r"[0-9a-fA-F-]{1,36}")
_UUID_SIZE = 36
# More rows of one uuid than these are not named.
MOST_SHARING = 20
# A server that has the index in memory comes through it in less; one that has not is not asked twice for as long as for a walk.
SCAN_S = 0.2


def read_row(source: Source, name: str, row_id: str) -> Row | None:
    """Return one row whole, None when it is gone or its table is absent."""
    table = source.tables.jobs if name == JOBS else source.tables.failed
    if table is None:
        return None
    return next(_read(source, name, has_id(table, row_id), WHOLE_BYTES, 1), None)


def read_rows(source: Source, places: Iterable[tuple[str, str]]) -> list[Row]:
    """Return the rows at some hundred places, with the heads of their texts, by one statement a table."""
    found: list[Row] = []
    wanted = set(places)
    for name, table in ((JOBS, source.tables.jobs), (FAILED, source.tables.failed)):
        ids = [row_id for among, row_id in wanted if among == name]
        if table is not None and ids:
            found += _read(source, name, or_(*(has_id(table, one) for one in ids)), HEAD_SIZE, len(ids))
    return found


def latest_failures(source: Source, limit: int) -> Iterator[Row]:
    """Return the newest failed jobs by row id, with the heads of their texts."""
    failed = source.tables.failed
    return iter(()) if failed is None else _read(source, FAILED, failed.c.id.is_not(None), HEAD_SIZE, limit)


@dataclass(slots=True)
class Search:
    """A search for an id, newest rows first: `begun` holds by table the id that another search had come to, None for a search anew."""

    source: Source
    limit: int
    size: int
    begun: Mapping[str, int] | None = None
    rows: list[Row] = field(default_factory=list)
    walks: dict[str, Walk] = field(default_factory=dict)

    @property
    def cut_short(self) -> str:
        """How far it came, where it did not come to the end."""
        return how_far(list(self.walks.values()))

    @property
    def reached(self) -> dict[str, int]:
        """The last id that was looked at in each table that holds more, for another search to go on behind."""
        return {name: walk.edge for name, walk in self.walks.items() if walk.paused and walk.edge is not None}

    @property
    def looked(self) -> int:
        """Over how many ids it walked."""
        return sum(walk.passed for walk in self.walks.values())

    def ask(self, name: str, where: ColumnElement[bool]) -> None:
        """Take the rows that an index finds; once is enough."""
        if self.begun is None:
            self.rows += _read(self.source, name, where, self.size, self.limit - len(self.rows))

    def scan(self, name: str, column: ColumnElement[str], where: ColumnElement[bool]) -> bool:
        """Take the rows that match, found in the index of a column alone; False where the server does not come through it in time."""
        if self.begun is not None:
            return False
        table = present(self.source.tables.jobs if name == JOBS else self.source.tables.failed)
        chosen = select(table.c.id, column).where(where).limit(self.limit - len(self.rows))
        found = fetch_within(self.source.connection, chosen, SCAN_S)
        if found:
            self.ask(name, table.c.id.in_([record.id for record in found]))
        return found is not None

    def walk(self, name: str, where: ColumnElement[bool]) -> None:
        """Take the newest rows that match, as far as a walk comes, unless there are enough or the table was walked to its end before."""
        if len(self.rows) >= self.limit or (self.begun is not None and name not in self.begun):
            return
        choose, read = (select_jobs, read_job) if name == JOBS else (select_failed, read_failed)
        table = present(self.source.tables.jobs if name == JOBS else self.source.tables.failed)
        first = None if self.begun is None else self.begun[name] - 1
        walk = begin_walk(self.source.connection, table, falling=True, first=first)
        if walk is None:
            self.ask(name, where)
            return
        self.walks[name] = walk
        chosen = choose(self.source.tables, self.source.dialect, self.size).where(where).order_by(table.c.id.desc())
        records = walk.fetch(chosen, self.limit - len(self.rows))
        self.rows += [read(record._mapping) for record in records]  # noqa: SLF001 - SQLAlchemy's public name for it


def search_uuid(source: Source, job_id: str) -> Search:
    """Look for a uuid."""
    search = Search(source, 1, WHOLE_BYTES)
    if is_uuid(job_id):
        _look_for_uuid(search, job_id)
    return search


def search_end(source: Source, suffix: str, limit: int, begun: Mapping[str, int] | None) -> Search:
    """Look for what a person typed: a place, a uuid, or the end of one among the newest rows; at most `limit` rows."""
    search = Search(source, limit, HEAD_SIZE, begun)
    failed, jobs = source.tables.failed, source.tables.jobs
    place = row_of_id(suffix)
    if place is not None:
        row = read_row(source, *place)
        search.rows += [] if row is None else [row]
    elif is_uuid(suffix):
        _look_for_uuid(search, suffix)
    elif _UUID_END.fullmatch(suffix) is not None:
        if failed is not None:
            if not source.tables.failed_has_uuid:
                search.walk(FAILED, _payload_uuid_ends(failed.c.payload, suffix))
            elif not search.scan(FAILED, failed.c.uuid, ends := cast(failed.c.uuid, Text()).like(f"%{suffix}")):
                search.walk(FAILED, ends)
        if jobs is not None:
            search.walk(JOBS, _payload_uuid_ends(jobs.c.payload, suffix))
    return search


def _look_for_uuid(search: Search, job_id: str) -> None:
    """Ask failed_jobs by its key; as `jobs` has no index for a uuid, its newest payloads are searched."""
    tables = search.source.tables
    if tables.failed is not None and tables.failed_has_uuid:
        search.limit = MOST_SHARING
        search.ask(FAILED, tables.failed.c.uuid == job_id)
    search.limit = 1
    if tables.failed is not None and not tables.failed_has_uuid:
        search.walk(FAILED, has_uuid(tables.failed, job_id))
    if tables.jobs is not None:
        search.walk(JOBS, has_uuid(tables.jobs, job_id))


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
