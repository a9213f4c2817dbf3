"""Opens, renews and closes leases, and sweeps expired ones."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from queuetui.backends.base import Lease, Renewal, Running, Swept
from queuetui.backends.native.emptied import Emptied
from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.worker.endings import Ends, to_held, to_us
from queuetui.backends.native.sql.worker.event_writes import log_marks
from queuetui.backends.native.texts import storable
from queuetui.model.errors import SchemaTooNew

PROTOCOL = "1"
LEASES_A_SWEEP = 20
HELD_A_LEASE = 10_000


def open_lease(session: Session, lease_id: UUID, worker_id: str, queue: str, lease_s: float) -> Lease:
    """Open a lease; raises Emptied, and SchemaTooNew for a protocol that is newer than this worker's."""
    values = {"worker_id": worker_id, "queue": queue, "lease_us": to_us(lease_s), "protocol": PROTOCOL}
    row = session.row("open_lease", lease_id=session.id_in(lease_id), **values)
    if row is None:
        if session.row("read_meta", name="protocol") is None:
            raise Emptied
        raise SchemaTooNew(
            "the queue was migrated by a newer queuetui while this worker ran; install that version here and start it again"
        )
    return Lease(lease_id.hex, queue, session.moment_out(row[0]))


def renew(session: Session, lease_ids: Sequence[UUID], lease_s: float) -> Renewal:
    """Renew the leases that are still valid; return them and the jobs to be cancelled under them."""
    wanted = [{"lease_id": session.id_in(one), "lease_us": to_us(lease_s)} for one in sorted(lease_ids)]
    rows = session.each("renew_lease", wanted)
    valid = [row[0] for row in rows if row is not None]
    cancels = [row[0] for lease_id in valid for row in session.rows("list_cancels", lease_id=lease_id)]
    hexes = frozenset(session.id_out(one).replace("-", "") for one in valid)
    return Renewal(hexes, frozenset(map(session.id_out, cancels)))


def close_lease(session: Session, lease_id: UUID, retention: Retention) -> int:
    """End a valid lease and release its jobs; the jobs of an expired lease are left to the sweep."""
    stored = session.id_in(lease_id)
    if session.row("lock_lease", lease_id=stored) is None:
        return 0
    rows = session.rows("take_held", lease_id=stored, limit=HELD_A_LEASE)
    ends = Ends(retention)
    for row in rows:
        ends.release(to_held(row))
    ends.write(session)
    session.change("drop_lease", lease_id=stored)
    return len(rows)


def mark_running(session: Session, lease_id: UUID, running: Sequence[Running]) -> None:
    """Write start times and progress; these do not change the version of the job that a person has seen."""
    stored = session.id_in(lease_id)
    if session.row("hold_lease", lease_id=stored) is None:
        return
    known = [(job_id, one) for job_id, one in ((parse_id(one.job_id), one) for one in running) if job_id is not None]
    marks = [
        {
            "id": session.id_in(job_id),
            "fence": one.fence,
            "lease_id": stored,
            "running_us": to_us(one.running_s),
            "progress": None if one.progress is None else storable(one.progress),
        }
        for job_id, one in known
    ]
    log_marks(session, marks)
    session.change_each("mark_running", marks)


def sweep(session: Session, limit: int, retention: Retention) -> tuple[Swept, ...]:
    """Free at most `limit` jobs of expired or missing leases; a lease goes when it holds nothing."""
    swept: list[Swept] = []
    ends = Ends(retention)
    for (lease_id,) in session.rows("take_expired_leases", limit=LEASES_A_SWEEP):
        room = limit - len(swept)
        if room <= 0:
            break
        rows = session.rows("take_held", lease_id=lease_id, limit=room)
        swept += [_lose(session, ends, row) for row in rows]
        if len(rows) < room:
            session.change("log_lost_worker", lease_id=lease_id)
            session.change("drop_lease", lease_id=lease_id)
    # Jobs of the leases deleted above are counted already, and look unswept until their ends are written.
    known = {one.job_id for one in swept}
    room = limit - len(swept)
    rows = session.rows("take_unleased", limit=room + len(known)) if room > 0 else []
    loose = [row for row in rows if session.id_out(row[0]) not in known]
    swept += [_lose(session, ends, row) for row in loose[:room]]
    ends.write(session)
    return tuple(swept)


def _lose(session: Session, ends: Ends, row: Row) -> Swept:
    held = to_held(row)
    worker = row[7] or ""
    failed = ends.lose(held, worker)
    return Swept(session.id_out(held.id), held.type, held.queue, worker, failed)
