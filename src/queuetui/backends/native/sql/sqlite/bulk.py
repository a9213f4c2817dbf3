"""Bulk writes on SQLite: loops within one transaction that holds the write lock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from queuetui.backends.native.ids import to_bytes
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite.session import SqliteSession
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.backends.native.sql.worker.claims import LOST, Claims, Finish, choose, find_problem, to_claimed
from queuetui.backends.native.sql.worker.event_writes import logged_queues, logs_events
from queuetui.backends.native.sql.worker.new_rows import NewRow
from queuetui.backends.native.sql.worker.tally import TallyWrites
from queuetui.model.clock import to_us
from queuetui.model.job import ClaimedJob
from queuetui.model.state import State

CLIENT = "client"
MINUTE_US = 60_000_000


def insert_jobs(session: Session, rows: Sequence[NewRow]) -> dict[str, State]:
    """Insert the jobs whose ids are new; return these with their states."""
    own = cast("SqliteSession", session)
    if len(rows) == 1:
        return _insert_job(own, rows[0])
    new = _unknown(session, rows)
    found = {row.id: _due(row, own.now_us) for row in new}
    named = [(to_bytes(row.id), row) for row in new]
    own.load("insert_job", [_values(job_id, row, *found[row.id], own.now_us) for job_id, row in named])
    own.load("insert_blob", [(job_id, row.payload) for job_id, row in named if row.is_blob])
    loud = logged_queues(session, [row.queue for row in new])
    told = [_told(job_id, row, found[row.id][1], own.now_us) for job_id, row in named if row.queue in loud]
    own.load("log_created", told)
    tally = TallyWrites()
    for (queue, job_type), count in Counter((row.queue, row.type) for row in new).items():
        tally.add(CLIENT, queue, job_type, "enqueued", count)
    tally.write(session)
    ((own.sockets,),) = session.rows("list_sockets")
    return {job_id: state for job_id, (state, _) in found.items()}


def _insert_job(own: SqliteSession, row: NewRow) -> dict[str, State]:
    execute, statements, now_us, job_id = own.execute, own.blocks, own.now_us, to_bytes(row.id)
    looked = execute(statements["look_before_job"], (job_id, job_id, row.queue)).fetchone()
    is_known, is_loud, own.sockets = looked
    if is_known:
        return {}
    state, due_us = _due(row, now_us)
    execute(statements["insert_job"], _values(job_id, row, state, due_us, now_us))
    if row.is_blob:
        execute(statements["insert_blob"], (job_id, row.payload))
    if is_loud:
        execute(statements["log_created"], _told(job_id, row, due_us, now_us))
    execute(statements["count_job"], (now_us - now_us % MINUTE_US, CLIENT, row.queue, row.type))
    return {row.id: state}


def _unknown(session: Session, rows: Sequence[NewRow]) -> Sequence[NewRow]:
    """Return the rows whose ids are not stored; a range without stored ids is checked at once."""
    ids = [to_bytes(row.id) for row in rows]
    if not ids or session.row("find_between", low=min(ids), high=max(ids)) is None:
        return rows
    known = session.each("find_job", [{"id": job_id} for job_id in ids])
    return [row for row, job in zip(rows, known, strict=True) if job is None]


def finish_and_claim(
    session: Session, lease_id: UUID, finishes: Sequence[Finish], claim: int, kept: Mapping[str, int]
) -> Claims:
    """Finish runs and claim jobs under a lease that is still valid."""
    lease = session.row("hold_lease", lease_id=lease_id.bytes)
    if lease is None:
        return Claims(frozenset(), (), lease_valid=False)
    queue, worker_id = lease
    tally = TallyWrites()
    loud = logs_events(session, queue)
    finished = _finish(session, lease_id, finishes, kept, loud) if finishes else ()
    tally.add_completed(worker_id, queue, finished)
    claimed = _claim(session, lease_id, worker_id, queue, claim, loud) if claim > 0 else ()
    for job_type, count in Counter(job.type for job in claimed).items():
        tally.add(worker_id, queue, job_type, "started", count)
    tally.write(session)
    problem = find_problem(session, queue) if claim > 0 and not claimed else ""
    return Claims(frozenset(one.id for one in finished), claimed, problem=problem)


def finish_locked(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Move completed runs, whose rows are locked, to the final jobs."""
    session.change_each("finish_job", rows)
    session.change_each("drop_job", [{"id": row["id"]} for row in rows])


def _finish(
    session: Session, lease_id: UUID, finishes: Sequence[Finish], kept: Mapping[str, int], loud: bool
) -> Sequence[Finish]:
    """Move the completed runs that still hold their job to the final jobs; return them."""
    ended = [(to_bytes(one.id), one.fence, one.took_us, one.result) for one in finishes]
    session.change("make_ended")
    cast("SqliteSession", session).load("add_ended", ended)
    ((before,),) = session.rows("last_done")
    moved = session.change("finish_runs", lease_id=lease_id.bytes, kept_us=kept["kept_us"])
    if loud:
        session.change("log_completed", before=before)
    session.change("expire_run_keys", before=before, key_kept_us=kept["key_kept_us"])
    session.change("drop_runs", before=before)
    session.change("forget_ended")
    if moved == len(ended):
        return finishes
    still = {row[0] for row in session.rows("list_moved", before=before)}
    return [one for one, row in zip(finishes, ended, strict=True) if row[0] in still]


def _claim(
    session: Session, lease_id: UUID, worker_id: str, queue: str, limit: int, loud: bool
) -> tuple[ClaimedJob, ...]:
    ready = session.rows("choose_ready", queue=queue, claim=limit)
    chosen = choose([(row, bool(row[LOST])) for row in ready])
    if chosen:
        alone, count = len(chosen) == 1, len(chosen)
        if loud:
            session.change("log_claimed", worker_id=worker_id, queue=queue, count=count)
        session.change(
            "claim_first", lease_id=lease_id.bytes, worker_id=worker_id, alone=alone, queue=queue, count=count
        )
    return tuple(to_claimed(session, row) for row in chosen)


def _told(job_id: bytes, row: NewRow, due_us: int, now_us: int) -> tuple[object, ...]:
    return (now_us, row.queue, job_id, row.told_correlation_id, due_us, row.type)


def _due(row: NewRow, now_us: int) -> tuple[State, int]:
    if row.at is None and not row.delay_us:
        return State.PENDING, now_us
    due_us = max(now_us, now_us + row.delay_us if row.at is None else to_us(row.at))
    return State.SCHEDULED if due_us > now_us else State.PENDING, due_us


def _values(job_id: bytes, row: NewRow, state: State, due_us: int, now_us: int) -> tuple[object, ...]:
    return (
        job_id,
        row.queue,
        row.type,
        row.name,
        CODE_OF[state],
        row.priority,
        due_us,
        row.max_attempts,
        now_us,
        now_us,
        row.correlation_id,
        row.key,
        row.tags,
        row.needs,
        row.timeout_ms,
        row.context,
        None if row.is_blob else row.payload,
        row.is_blob,
    )
