"""Bulk writes on PostgreSQL: one statement over arrays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import cast
from uuid import UUID

from queuetui.backends.native.sql.postgresql.arrays import bytes_array, copy_lines, plain_array, text_array
from queuetui.backends.native.sql.postgresql.session import PipelinedSession
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.state_codes import state_of
from queuetui.backends.native.sql.worker.claims import Claims, Finish, to_claimed
from queuetui.backends.native.sql.worker.event_writes import logged_queues
from queuetui.backends.native.sql.worker.new_rows import BLOB_OVER_BYTES, NO_LIST, NewRow
from queuetui.backends.native.sql.worker.tally import bucket_of
from queuetui.model.state import State

ROWS_A_STATEMENT = 2000
COPIED_FROM = 100
ROWS_A_COPY = 500
_ID_OF = attrgetter("id")
_CORRELATION_OF = attrgetter("correlation_id")


def insert_jobs(session: Session, rows: Sequence[NewRow]) -> dict[str, State]:
    """Insert the jobs whose ids are new; return these with their states."""
    if len(rows) == 1:
        return _insert_job(session, rows[0])
    # All callers insert in the order of ids, otherwise two with the same ids could deadlock.
    ordered = sorted(rows, key=_ID_OF)
    if isinstance(session, PipelinedSession) and is_copied(rows):
        copied = _copy_jobs(session, ordered)
        if copied is not None:
            return copied
    created: dict[str, State] = {}
    for first in range(0, len(ordered), ROWS_A_STATEMENT):
        batch = ordered[first : first + ROWS_A_STATEMENT]
        bounds = {"low": batch[0].id, "high": batch[-1].id, "given": len(batch)}
        for code, ids, _ in session.rows("insert_jobs", **_arrays(batch), **bounds):
            named = (row.id for row in batch) if ids is None else ids.split(",")
            created.update(dict.fromkeys(named, state_of(code)))
    _insert_blobs(session, [row for row in rows if row.is_blob and row.id in created])
    return created


def _insert_job(session: Session, row: NewRow) -> dict[str, State]:
    values = row._asdict()
    values["blob"] = row.is_blob
    if isinstance(session, PipelinedSession) and row.at is None and not row.is_blob:
        found = session.row_of_plain("insert_job", values)
    else:
        found = session.row("insert_job", **(values | {"payload": None} if row.is_blob else values))
    if found is None:
        return {}
    _insert_blobs(session, [row] if row.is_blob else [])
    return {row.id: state_of(int(found[0]))}


def is_copied(rows: Sequence[NewRow]) -> bool:
    """Tell whether jobs are many and plain enough for COPY, which takes several statements."""
    if len(rows) < COPIED_FROM:
        return False
    _, _, _, names, _, ats, delays, _, _, keys, tags, needs, timeouts, _, payloads = zip(*rows, strict=True)
    special = any(delays) or any(said.count(None) < len(rows) for said in (names, ats, keys, timeouts))
    listed = tags.count(NO_LIST) + needs.count(NO_LIST) < 2 * len(rows)
    return not (special or listed) and max(map(len, payloads)) <= BLOB_OVER_BYTES


def _copy_jobs(session: PipelinedSession, ordered: Sequence[NewRow]) -> dict[str, State] | None:
    """Copy the jobs and return them with their states, or None where one of them is known."""
    batches = (ordered[first : first + ROWS_A_COPY] for first in range(0, len(ordered), ROWS_A_COPY))
    if not session.copy("copy_jobs", map(copy_lines, batches)):
        return None
    created = dict.fromkeys(map(_ID_OF, ordered), State.PENDING)
    for (job_id,) in session.rows("take_back", low=UUID(ordered[0].id), high=UUID(ordered[-1].id)):
        created.pop(job_id, None)
    if len(created) < len(ordered):
        ordered = [row for row in ordered if row.id in created]
    sorts: defaultdict[tuple[str, str], list[NewRow]] = defaultdict(list)
    for row in ordered:
        sorts[row.queue, row.type].append(row)
    loud = logged_queues(session, {queue for queue, _ in sorts})
    session.change_each("log_copied", [_told(rows) for (queue, _), rows in sorts.items() if queue in loud])
    session.rows(
        "count_copied",
        queues=text_array(queue for queue, _ in sorts),
        types=text_array(job_type for _, job_type in sorts),
        jobs=plain_array(map(len, sorts.values())),
    )
    return created


def _told(alike: Sequence[NewRow]) -> dict[str, object]:
    """Return the values of `log_copied` for jobs of one queue and type."""
    ids = list(map(_ID_OF, alike))
    are_own = list(map(_CORRELATION_OF, alike)) == ids
    return {
        "queue": alike[0].queue,
        "type": alike[0].type,
        "ids": plain_array(ids),
        "correlation_ids": None if are_own else text_array(row.told_correlation_id for row in alike),
    }


def _insert_blobs(session: Session, rows: Sequence[NewRow]) -> None:
    session.change_each("insert_blob", [{"id": UUID(row.id), "payload": row.payload} for row in rows])


def finish_and_claim(
    session: Session, lease_id: UUID, finishes: Sequence[Finish], claim: int, kept: Mapping[str, int]
) -> Claims:
    """Finish runs and claim jobs under a lease that is still valid."""
    floors = cast("PipelinedSession", session).floors.of_lease(str(lease_id))
    start = floors.start()
    rows = session.rows(
        "finish_and_claim",
        lease_id=lease_id,
        ids=plain_array([one.id for one in finishes]),
        fences=plain_array([one.fence for one in finishes]),
        took_us=plain_array([one.took_us for one in finishes]),
        buckets=plain_array([None if one.took_us is None else bucket_of(one.took_us) for one in finishes]),
        results=bytes_array(one.result for one in finishes),
        claim=max(0, claim),
        whole=start.whole,
        floor_priorities=plain_array(start.priorities),
        floor_dues=list(start.dues),
        **kept,
    )
    if not rows:
        return Claims(frozenset(), (), lease_valid=False)
    claimed = sorted(
        (to_claimed(session, row[1:]) for row in rows[1:]), key=lambda job: (-job.priority, job.scheduled_at, job.id)
    )
    if claim > 0:
        floors.note(start, claimed, len(finishes), rows[0][2] / 1e6)
    return Claims(frozenset(rows[0][0]), tuple(claimed))


def finish_locked(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Move completed runs, whose rows are locked, to the final jobs."""
    session.change_each("finish_job", rows)


def _arrays(rows: Sequence[NewRow]) -> dict[str, object]:
    return {
        "ids": plain_array(row.id for row in rows),
        "queues": text_array(row.queue for row in rows),
        "types": text_array(row.type for row in rows),
        "names": text_array(row.name for row in rows),
        "priorities": plain_array(row.priority for row in rows),
        "ats": [row.at for row in rows],
        "delays_us": plain_array(row.delay_us for row in rows),
        "max_attempts": plain_array(row.max_attempts for row in rows),
        "correlation_ids": text_array(row.correlation_id for row in rows),
        "keys": text_array(row.key for row in rows),
        "tags": text_array(row.tags for row in rows),
        "needs": text_array(row.needs for row in rows),
        "timeouts_ms": plain_array(row.timeout_ms for row in rows),
        "contexts": text_array(row.context for row in rows),
        "payloads": bytes_array(None if row.is_blob else row.payload for row in rows),
        "blobs": plain_array(row.is_blob for row in rows),
    }
