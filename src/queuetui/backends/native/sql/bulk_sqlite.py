"""What touches many jobs at once, on SQLite: loops inside one transaction that holds the write lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from queuetui.backends.native.sql.claims import Claims, Finish, choose, to_claimed
from queuetui.backends.native.sql.new_rows import NewRow
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite_session import SqliteSession
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.backends.native.sql.tallying import Tally
from queuetui.model.clock import to_us
from queuetui.model.state import State

CLIENT = "client"


def insert_jobs(session: Session, rows: Sequence[NewRow]) -> dict[UUID, State]:
    """Insert the jobs whose ids are new; return these with their states."""
    now_us = cast("SqliteSession", session).now_us
    found = session.each("find_job", [{"id": row.id.bytes} for row in rows])
    new = [row for row, known in zip(rows, found, strict=True) if known is None]
    states = {row.id: _state_of(row, now_us) for row in new}
    session.change_each("insert_job", [_values(row, states[row.id], now_us) for row in new])
    session.change_each("insert_blob", [{"id": row.id.bytes, "payload": row.payload} for row in new if row.is_blob])
    tally = Tally()
    for row in new:
        tally.add(CLIENT, row.queue, row.type, "enqueued")
    tally.write(session)
    return states


def finish_and_claim(
    session: Session, lease_id: UUID, finishes: Sequence[Finish], claim: int, kept: Mapping[str, int]
) -> Claims:
    """Finish runs and claim jobs under a lease that is still valid."""
    lease = session.row("hold_lease", lease_id=lease_id.bytes)
    if lease is None:
        return Claims(frozenset(), (), lease_valid=False)
    queue, worker_id = lease
    tally = Tally()
    accepted = frozenset(one.id for one in finishes if _finish(session, lease_id, one, kept, tally, (worker_id, queue)))
    ready = session.rows("choose_ready", queue=queue, claim=claim) if claim > 0 else []
    chosen = choose([(row[0], bool(row[1])) for row in ready])
    common = {"lease_id": lease_id.bytes, "worker_id": worker_id, "alone": len(chosen) == 1}
    rows = session.each("claim_job", [{**common, "id": job_id} for job_id in chosen])
    claimed = tuple(to_claimed(session, row) for row in rows if row is not None)
    for job in claimed:
        tally.add(worker_id, queue, job.type, "started")
    tally.write(session)
    return Claims(accepted, claimed)


def finish_locked(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Move jobs that are known to be ours to the final ones."""
    session.change_each("finish_job", rows)
    session.change_each("drop_job", [{"id": row["id"]} for row in rows])


def _finish(
    session: Session, lease_id: UUID, one: Finish, kept: Mapping[str, int], tally: Tally, place: tuple[str, str]
) -> bool:
    job_id = one.id.bytes
    values = {
        "id": job_id,
        "fence": one.fence,
        "lease_id": lease_id.bytes,
        "took_us": one.took_us,
        "result": one.result,
    }
    row = session.row("finish_run", **values, **kept)
    if row is None:
        return False
    session.change("drop_job", id=job_id)
    job_type, key = row
    if key is not None:
        session.change("expire_key", key=key, id=job_id, key_kept_us=kept["key_kept_us"])
    tally.add(*place, job_type, "completed")
    tally.add_run(*place, job_type, one.took_us)
    return True


def _state_of(row: NewRow, now_us: int) -> State:
    return State.SCHEDULED if _due_us(row, now_us) > now_us else State.PENDING


def _due_us(row: NewRow, now_us: int) -> int:
    return max(now_us, now_us + row.delay_us if row.at is None else to_us(row.at))


def _values(row: NewRow, state: State, now_us: int) -> dict[str, object]:
    return {
        "id": row.id.bytes,
        "queue": row.queue,
        "type": row.type,
        "name": row.name,
        "state": CODE_OF[state],
        "priority": row.priority,
        "due_at": _due_us(row, now_us),
        "max_attempts": row.max_attempts,
        "correlation_id": row.correlation_id,
        "key": row.key,
        "tags": row.tags,
        "needs": row.needs,
        "timeout_ms": row.timeout_ms,
        "payload": None if row.is_blob else row.payload,
        "blob": row.is_blob,
    }
