"""Stores new jobs, all or none; each id and each idempotency key is stored once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from uuid import UUID

from queuetui.backends.native.sql.mysql import bulk as mysql_bulk
from queuetui.backends.native.sql.postgresql import bulk as postgresql_bulk
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite import bulk as sqlite_bulk
from queuetui.backends.native.sql.state_codes import state_of
from queuetui.backends.native.sql.worker.new_rows import NO_LIST, NewRow
from queuetui.model.errors import Conflict
from queuetui.model.job import Enqueued
from queuetui.model.state import State

_INSERT = {
    "sqlite": sqlite_bulk.insert_jobs,
    "postgresql": postgresql_bulk.insert_jobs,
    "mysql": mysql_bulk.insert_jobs,
}


def is_plain(rows: Sequence[NewRow]) -> bool:
    """Tell whether one insert statement suffices, which is a transaction by itself."""
    return len(rows) < postgresql_bulk.COPIED_FROM and not any(
        row.key is not None or row.is_blob or row.needs != NO_LIST for row in rows
    )


def enqueue(session: Session, rows: Sequence[NewRow]) -> tuple[Enqueued, ...]:
    """Store the new jobs and return the result for each row, in order."""
    if session.dialect == "mysql":
        mysql_bulk.check_names(rows)
    if len(rows) == 1 and rows[0].key is None and rows[0].needs == NO_LIST:
        (row,) = rows
        state = _INSERT[session.dialect](session, rows).get(row.id)
        return (Enqueued(row.id, True, state) if state is not None else _find_existing(session, row, barred=False),)
    for queue in sorted({row.queue for row in rows if row.needs != NO_LIST}):
        _expect_needy(session, queue)
    ids, keys = list(map(attrgetter("id"), rows)), map(attrgetter("key"), rows)
    if not any(key is not None for key in keys) and len(set(ids)) == len(rows):
        new = _INSERT[session.dialect](session, rows)
        if len(new) == len(rows):
            return tuple(map(Enqueued._make, zip(ids, repeat(True), map(new.__getitem__, ids), strict=False)))
        known = {row.id: _find_existing(session, row, barred=False) for row in rows if row.id not in new}
        return tuple(known.get(row.id) or Enqueued(row.id, True, new[row.id]) for row in rows)
    return _enqueue_keyed(session, rows)


def _expect_needy(session: Session, queue: str) -> None:
    """Make the claims of a queue check tags from now on; its row is locked the first time only."""
    known = session.row("is_needy", queue=queue)
    if known is None or not known[0]:
        session.change("make_needy", queue=queue)


def _enqueue_keyed(session: Session, rows: Sequence[NewRow]) -> tuple[Enqueued, ...]:
    firsts, twins = _part_twins(rows)
    # All callers lock in the order of keys, otherwise two with the same keys could deadlock.
    keyed = sorted((row for row in firsts if row.key is not None), key=lambda row: row.key or "")
    answers = session.each("hold_key", [{"key": row.key, "id": session.id_in(UUID(row.id))} for row in keyed])
    barred = {row.id for row, answer in zip(keyed, answers, strict=True) if answer is None}
    created = _INSERT[session.dialect](session, [row for row in firsts if row.id not in barred])
    unused = [row for row in keyed if row.id not in barred and row.id not in created]
    session.change_each("drop_key", [{"key": row.key, "id": session.id_in(UUID(row.id))} for row in unused])
    old = [row for row in firsts if row.id not in created]
    found = {row.id: Enqueued(row.id, True, created[row.id]) for row in firsts if row.id in created}
    found |= {row.id: _find_existing(session, row, barred=row.id in barred) for row in old}
    return tuple(_answer(row, twins, found) for row in rows)


def news(rows: Sequence[NewRow], answers: Sequence[Enqueued]) -> frozenset[str]:
    """Return the queues that have new pending jobs."""
    if len(rows) == 1:
        _, created, state = answers[0]
        return frozenset((rows[0].queue,)) if created and state is State.PENDING else frozenset()
    asked = zip(map(attrgetter("queue"), rows), answers, strict=True)
    return frozenset(queue for queue, (_, created, state) in asked if created and state is State.PENDING)


def _part_twins(rows: Sequence[NewRow]) -> tuple[list[NewRow], dict[int, str]]:
    """Return the first row of each id and key, and for each duplicate the id of its first row."""
    by_id: dict[str, NewRow] = {}
    by_key: dict[str, NewRow] = {}
    twins: dict[int, str] = {}
    for row in rows:
        first = by_id.get(row.id) or (None if row.key is None else by_key.get(row.key))
        if first is not None:
            twins[id(row)] = first.id
            continue
        by_id[row.id] = row
        if row.key is not None:
            by_key[row.key] = row
    return list(by_id.values()), twins


def _answer(row: NewRow, twins: dict[int, str], found: dict[str, Enqueued]) -> Enqueued:
    twin = twins.get(id(row))
    if twin is None:
        return found[row.id]
    first = found[twin]
    return Enqueued(first.id, created=False, state=first.state)


def _find_existing(session: Session, row: NewRow, *, barred: bool) -> Enqueued:
    state = _find_state(session, row.id)
    if state is not None:
        return Enqueued(row.id, created=False, state=state)
    held = session.row("find_key", key=row.key) if barred else None
    if held is None:
        # The job ended and was pruned between two statements of this call.
        raise Conflict(f"the job {row.id} was being deleted while it was sent; send it again")
    holder = session.id_out(held[0])
    return Enqueued(holder, created=False, state=_find_state(session, holder))


def _find_state(session: Session, job_id: str) -> State | None:
    row = session.row("find_job", id=session.id_in(UUID(job_id)))
    return None if row is None else state_of(row[0])
