"""Bulk writes on MySQL and MariaDB: few statements over many rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from queuetui.backends.native.ids import to_bytes
from queuetui.backends.native.sql.mysql.session import PACKET_CHARS, MysqlSession, PackedSession
from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.backends.native.sql.worker.claims import LOST, Claims, Finish, choose, to_claimed
from queuetui.backends.native.sql.worker.event_writes import logged_queues, logs_events
from queuetui.backends.native.sql.worker.new_rows import NewRow
from queuetui.backends.native.sql.worker.tally import TallyWrites
from queuetui.model.clock import to_us
from queuetui.model.errors import BadPayload
from queuetui.model.job import ClaimedJob
from queuetui.model.state import State

ROWS_A_STATEMENT = 500
NAME_CHARS = 255
# Hexadecimal literals double the size, and a server accepts packets of 16 MB by default.
PART_BYTES = 4_000_000
SPARE_BYTES = 10_000
WAITING = (State.SCHEDULED, State.RETRYING)
Asked = list[tuple[str, Mapping[str, object]]]


def check_names(rows: Sequence[NewRow]) -> None:
    """Refuse names longer than their column, which a lax server would truncate; raises BadPayload."""
    for row in rows:
        named = {"queue": row.queue, "type": row.type, "correlation id": row.correlation_id, "idempotency key": row.key}
        for what, text in named.items():
            if text is not None and len(text) > NAME_CHARS:
                raise BadPayload(
                    f"the {what} of a job has {len(text)} characters and MySQL keeps {NAME_CHARS}; choose a shorter one"
                )


def insert_jobs(session: Session, rows: Sequence[NewRow]) -> dict[str, State]:
    """Insert the jobs whose ids are new; return these with their states."""
    # All callers insert in the order of ids, otherwise two with the same ids could deadlock.
    ordered = sorted(rows, key=lambda row: row.id)
    states: dict[str, State] = {}
    tally = TallyWrites()
    for start in range(0, len(ordered), ROWS_A_STATEMENT):
        batch = ordered[start : start + ROWS_A_STATEMENT]
        added, client = _insert(session, batch)
        states |= added
        for row in batch:
            if row.id in added:
                tally.add(client, row.queue, row.type, "enqueued")
    for row in rows:
        if row.is_blob and row.id in states:
            _insert_blob(session, row)
    tally.write(session)
    return states


def _insert_blob(session: Session, row: NewRow) -> None:
    block = "insert_blob"
    for start in range(0, len(row.payload), PART_BYTES):
        session.change(block, id=to_bytes(row.id), payload=row.payload[start : start + PART_BYTES])
        block = "append_blob"


def promote(session: Session, limit: int) -> int:
    """Make due jobs pending, the longest due first; locked rows are skipped."""
    waiting: Asked = [("choose_due", {"state": CODE_OF[state], "limit": limit}) for state in WAITING]
    found = cast("PackedSession", session).rows_together(waiting)
    due = sorted((due_at, job_id) for rows in found for job_id, due_at in rows)[:limit]
    if not due:
        return 0
    ids = [job_id for _, job_id in due]
    session.change("log_promoted", ids=ids)
    return session.change("promote", ids=ids)


def finish_and_claim(
    session: Session, lease_id: UUID, finishes: Sequence[Finish], claim: int, kept: Mapping[str, int]
) -> Claims:
    """Finish runs and claim jobs under a lease that is still valid."""
    ours = cast("PackedSession", session)
    ids = [to_bytes(one.id) for one in finishes]
    asked: Asked = [("hold_lease", {"lease_id": lease_id.bytes})]
    if ids:
        asked.append(("lock_runs", {"lease_id": lease_id.bytes, "ids": ids}))
    leases, *locked = ours.rows_together(asked)
    if not leases:
        return Claims(frozenset(), (), lease_valid=False)
    queue, worker_id = leases[0]
    runs = {(row[0], row[1]): row for row in (locked[0] if locked else ())}
    finished = [one for one, job_id in zip(finishes, ids, strict=True) if (job_id, one.fence) in runs]
    loud = logs_events(session, queue)
    _finish(ours, finished, [row[3] for row in runs.values() if row[3] is not None], kept, loud=loud)
    claimed = _claim(ours, lease_id, worker_id, queue, claim) if claim > 0 else ()
    if loud and claimed:
        session.change("log_claimed", ids=[to_bytes(one.id) for one in claimed])
    tally = TallyWrites()
    tally.add_completed(worker_id, queue, finished)
    for job_type, count in Counter(job.type for job in claimed).items():
        tally.add(worker_id, queue, job_type, "started", count)
    tally.write(session)
    return Claims(frozenset(one.id for one in finished), claimed)


def _finish(
    session: PackedSession, finished: Sequence[Finish], keys: Sequence[str], kept: Mapping[str, int], *, loud: bool
) -> None:
    for batch in _batches(finished):
        ids = [to_bytes(one.id) for one in batch]
        given = " union all ".join(_given(session, one) for one in batch)
        statements = [session.text_of("finish_runs", kept).replace("{given}", given)]
        statements.append(session.text_of("drop_runs", {"ids": ids}))
        if loud:
            statements.append(session.text_of("log_completed", {"ids": ids}))
        if keys:
            statements.append(session.text_of("expire_run_keys", {"keys": keys, "ids": ids, **kept}))
        session.send(statements)


def _batches(finished: Sequence[Finish]) -> list[list[Finish]]:
    """Return the runs in batches that fit into a packet."""
    parts: list[list[Finish]] = []
    room = 0
    for one in finished:
        size = len(one.result or b"")
        if size > room or not parts:
            parts.append([])
            room = PACKET_CHARS
        parts[-1].append(one)
        room -= size
    return parts


def _given(session: PackedSession, one: Finish) -> str:
    result = one.result
    if result is not None and len(result) * 2 + SPARE_BYTES > session.packet_bytes:
        # The run is completed although its result cannot be stored: it must not be repeated.
        note = (
            f"the result of {len(result) / 1e6:.1f} MB is not kept: the server's max_allowed_packet holds half of that"
        )
        result = json.dumps(note).encode()
    return session.text_of("given_run", {"id": to_bytes(one.id), "took_us": one.took_us, "result": result})


def _claim(session: PackedSession, lease_id: UUID, worker_id: str, queue: str, limit: int) -> tuple[ClaimedJob, ...]:
    ready, shut = session.rows_together(
        [("choose_ready", {"queue": queue, "claim": limit}), ("is_shut", {"queue": queue})]
    )
    chosen: list[Row] = [] if shut else choose([(row, bool(row[LOST])) for row in ready])
    if chosen:
        values = {"lease_id": lease_id.bytes, "worker_id": worker_id, "alone": len(chosen) == 1}
        session.change("claim_jobs", ids=[row[0] for row in chosen], **values)
    return tuple(to_claimed(session, row) for row in chosen)


def _insert(session: Session, rows: Sequence[NewRow]) -> tuple[dict[str, State], str]:
    ids = [to_bytes(row.id) for row in rows]
    clock, known = cast("MysqlSession", session).rows_together([("read_client", {}), ("find_known", {"ids": ids})])
    now_us, client = clock[0]
    there = {row[0] for row in known}
    new = [row for row in rows if to_bytes(row.id) not in there]
    if not new:
        return {}, client
    values = [_values(row, now_us) for row in new]
    if isinstance(session, PackedSession):
        session.insert_each("insert_job", values)
    else:
        session.change_each("insert_job", values)
    ended = {row[0] for row in session.rows("find_ended", ids=[to_bytes(row.id) for row in new])}
    session.change_each("drop_job", [{"id": one} for one in ended])
    loud = logged_queues(session, [row.queue for row in new])
    told = [to_bytes(row.id) for row in new if row.queue in loud and to_bytes(row.id) not in ended]
    if told:
        session.change("log_created", ids=told)
    return {row.id: _state_of(row, now_us) for row in new if to_bytes(row.id) not in ended}, client


def _due_us(row: NewRow, now_us: int) -> int:
    return max(now_us, now_us + row.delay_us if row.at is None else to_us(row.at))


def _state_of(row: NewRow, now_us: int) -> State:
    return State.SCHEDULED if _due_us(row, now_us) > now_us else State.PENDING


def _values(row: NewRow, now_us: int) -> dict[str, object]:
    return {
        "id": to_bytes(row.id),
        "queue": row.queue,
        "type": row.type,
        "name": row.name,
        "state": CODE_OF[_state_of(row, now_us)],
        "priority": row.priority,
        "due_at": _due_us(row, now_us),
        "created_at": now_us,
        "max_attempts": row.max_attempts,
        "correlation_id": row.correlation_id,
        "key": row.key,
        "tags": row.tags,
        "needs": row.needs,
        "timeout_ms": row.timeout_ms,
        "context": row.context,
        "payload": None if row.is_blob else row.payload,
        "blob": row.is_blob,
    }
