"""The statements of each act on one locked row; every one checks that it changed exactly that row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    LargeBinary,
    TableClause,
    Text,
    cast,
    func,
    literal,
    null,
    select,
)

from queuetui.backends.foreign.laravel.row_ids import has_id, is_numbered, read_id, write_id
from queuetui.backends.foreign.laravel.rows import (
    DEFAULT_QUEUE,
    FAILED,
    JOBS,
    FailedRow,
    JobRow,
    Row,
    present,
    read_failed,
    read_job,
    write_down,
)
from queuetui.backends.foreign.laravel.stored_types import convert, replaced
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.model.errors import Stale, Unsupported

_DEADLINE = re.compile(r'"retryUntil"\s*:\s*\d+')
_TEXTS = ("payload", "exception")
_UNKNOWN_ID = (
    "the new row got no id that could be read back, so nothing was done; retry it with: php artisan queue:retry"
)


@dataclass(frozen=True, slots=True)
class LockedRow:
    """A row that nobody else can change until the transaction ends; `before` is enough to put it back."""

    row: Row
    before: str


def lock_row(connection: Connection, tables: Tables, name: str, row_id: str) -> LockedRow | None:
    """Read a row whole and lock it, None when it is gone."""
    table = present(tables.jobs if name == JOBS else tables.failed)
    columns = [_raw(connection, table, each.name) for each in table.c]
    chosen = select(*columns).where(has_id(table, row_id)).with_for_update()
    found = connection.execute(chosen).mappings().one_or_none()
    if found is None:
        return None
    record: dict[str, Any] = {"uuid": None, **found, "payload_size": None, "exception_size": None}
    row = read_failed(record) if name == FAILED else read_job(record)
    return LockedRow(row, write_down(table, found))


def _raw(connection: Connection, table: TableClause, name: str) -> Any:  # noqa: ANN401 - a column of any type
    """Read texts as bytes where a text that is not valid in its encoding could not be read otherwise."""
    if name not in _TEXTS:
        return table.c[name]
    if connection.dialect.name == "postgresql":
        return cast(table.c[name], Text).label(name)
    return cast(table.c[name], LargeBinary).label(name)


def insert_again(connection: Connection, tables: Tables, row: FailedRow, now_s: int) -> JobRow:
    """Move a failed job back into jobs: inserted with its payload untouched, then deleted.

    Both or neither.
    """
    jobs, failed = present(tables.jobs), present(tables.failed)
    # The database copies the payload itself, so that not one byte of it can change on the way.
    moved = select(
        func.coalesce(failed.c.queue, DEFAULT_QUEUE),
        convert(failed.c.payload, jobs.c.payload),
        literal(0),
        cast(null(), BigInteger),
        literal(now_s),
        literal(now_s),
    ).where(_is_row(failed, row))
    names = ["queue", "payload", "attempts", "reserved_at", "available_at", "created_at"]
    insert = jobs.insert().from_select(names, moved)
    if connection.dialect.insert_returning:
        new_id = connection.execute(insert.returning(jobs.c.id)).scalar_one()
    else:
        inserted = connection.execute(insert)
        _expect_one(inserted)
        new_id = inserted.lastrowid if is_numbered(jobs) else None
    if new_id is None:
        raise Unsupported(_UNKNOWN_ID)
    _expect_one(connection.execute(failed.delete().where(_is_row(failed, row))))
    return JobRow(read_id(new_id), row.queue, row.payload, 0, None, now_s, now_s)


def make_due(connection: Connection, tables: Tables, row: JobRow, now_s: int) -> JobRow:
    """Let a delayed or retrying job run now, with no attempts counted."""
    jobs = present(tables.jobs)
    free = _is_row(jobs, row) & jobs.c.reserved_at.is_(None)
    _expect_one(connection.execute(jobs.update().where(free).values(available_at=now_s, attempts=0)))
    return JobRow(row.row_id, row.queue, row.payload, 0, None, now_s, row.created_at)


def release(connection: Connection, tables: Tables, row: JobRow, latest_reserved_s: float) -> JobRow:
    """Give back a reserved job that was taken before `latest_reserved_s`, its lost run not counted."""
    jobs = present(tables.jobs)
    attempts = max(row.attempts - 1, 0)
    held = _is_row(jobs, row) & (jobs.c.reserved_at == row.reserved_at) & (jobs.c.reserved_at < latest_reserved_s)
    _expect_one(connection.execute(jobs.update().where(held).values(reserved_at=None, attempts=attempts)))
    return JobRow(row.row_id, row.queue, row.payload, attempts, None, row.available_at, row.created_at)


def set_deadline(connection: Connection, tables: Tables, row: JobRow, until_s: int | None) -> None:
    """Write another retryUntil into a payload of jobs; no other byte of it changes.

    Raises Stale where it is not there just once.
    """
    found = _DEADLINE.findall(row.payload.text)
    if len(found) != 1:
        raise Stale(
            "its payload does not name retryUntil just once, so nothing was done; retry it with: php artisan queue:retry"
        )
    jobs = present(tables.jobs)
    # The database replaces the text itself: a payload that is not valid in its encoding keeps its other bytes.
    written = '"retryUntil":' + ("null" if until_s is None else str(until_s))
    changed = replaced(jobs.c.payload, found[0], written)
    _expect_one(connection.execute(jobs.update().where(_is_row(jobs, row)).values(payload=changed)))


def delete(connection: Connection, tables: Tables, row: Row) -> None:
    """Delete a row as it was locked."""
    if isinstance(row, FailedRow):
        failed = present(tables.failed)
        _expect_one(connection.execute(failed.delete().where(_is_row(failed, row))))
        return
    jobs = present(tables.jobs)
    taken = jobs.c.reserved_at.is_(None) if row.reserved_at is None else jobs.c.reserved_at == row.reserved_at
    _expect_one(connection.execute(jobs.delete().where(_is_row(jobs, row), taken)))


def _is_row(rows: TableClause, row: Row) -> ColumnElement[bool]:
    return has_id(rows, write_id(row.row_id))


def _expect_one(result: CursorResult[Any]) -> None:
    """Raise Stale, and so undo the transaction, unless exactly one row was changed."""
    if result.rowcount != 1:
        raise Stale(f"{result.rowcount} rows would have been changed instead of one, so nothing was; look again")
