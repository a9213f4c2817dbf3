"""What touches many jobs at once, on SQLite: loops inside one transaction that holds the write lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from queuetui.backends.native.ids import to_bytes
from queuetui.backends.native.sql.claims import LOST, Claims, Finish, choose, to_claimed
from queuetui.backends.native.sql.new_rows import NewRow
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite_session import SqliteSession
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.backends.native.sql.tallying import Tally
from queuetui.backends.native.sql.telling import logs_events, loud_queues
from queuetui.model.clock import to_us
from queuetui.model.job import ClaimedJob
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
    loud = loud_queues(session, [row.queue for row in new])
    told = [_told(row, now_us) for row in new if row.queue in loud]
    session.change_each("log_created", told)
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
    loud = logs_events(session, queue)
    finished = _finish(session, lease_id, finishes, kept, loud)
    for one in finished:
        tally.add(worker_id, queue, one.type, "completed")
        tally.add_run(worker_id, queue, one.type, one.took_us)
    claimed = _claim(session, lease_id, worker_id, queue, claim) if claim > 0 else ()
    if loud:
        session.change_each("log_claimed", [_told_claim(job, worker_id) for job in claimed])
    for job_type, count in Counter(job.type for job in claimed).items():
        tally.add(worker_id, queue, job_type, "started", count)
    tally.write(session)
    return Claims(frozenset(one.id for one in finished), claimed)


def finish_locked(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Move jobs that are known to be ours to the final ones."""
    session.change_each("finish_job", rows)
    session.change_each("drop_job", [{"id": row["id"]} for row in rows])


def _finish(
    session: Session, lease_id: UUID, finishes: Sequence[Finish], kept: Mapping[str, int], loud: bool
) -> Sequence[Finish]:
    """Move the completed runs that still hold their job to the final ones; return them."""
    common = {"lease_id": lease_id.bytes, **kept}
    rows = [
        {**common, "id": to_bytes(one.id), "fence": one.fence, "took_us": one.took_us, "result": one.result}
        for one in finishes
    ]
    if loud:
        session.change_each("log_completed", rows)
    moved = session.change_each("finish_run", rows)
    session.change_each("expire_run_key", rows)
    if moved == len(rows):
        session.change_each("drop_run", rows)
        return finishes
    # Some are stale: those whose row is still there to be dropped are not.
    return [one for one, row in zip(finishes, rows, strict=True) if session.change("drop_run", **row)]


def _claim(session: Session, lease_id: UUID, worker_id: str, queue: str, limit: int) -> tuple[ClaimedJob, ...]:
    ready = session.rows("choose_ready", queue=queue, claim=limit)
    chosen = choose([(row, bool(row[LOST])) for row in ready])
    common = {"lease_id": lease_id.bytes, "worker_id": worker_id, "alone": len(chosen) == 1}
    session.change_each("claim_job", [{**common, "id": row[0]} for row in chosen])
    return tuple(to_claimed(session, row) for row in chosen)


def _told(row: NewRow, now_us: int) -> dict[str, object]:
    due_us = _due_us(row, now_us)
    return {
        "id": row.id.bytes,
        "queue": row.queue,
        "type": row.type,
        "correlation_id": row.correlation_id,
        "due_at": due_us,
    }


def _told_claim(job: ClaimedJob, worker_id: str) -> dict[str, object]:
    return {
        "id": to_bytes(job.id),
        "queue": job.queue,
        "worker_id": worker_id,
        "correlation_id": job.correlation_id,
        "attempt": job.attempts + 1,
        "fence": job.fence,
    }


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
