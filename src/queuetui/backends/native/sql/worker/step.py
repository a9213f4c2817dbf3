"""The step of a worker: writes endings and claims the next jobs in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any
from uuid import UUID

from queuetui.backends.base import Step
from queuetui.backends.native.ids import canonical_id
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.mysql import bulk as mysql_bulk
from queuetui.backends.native.sql.postgresql import bulk as postgresql_bulk
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite import bulk as sqlite_bulk
from queuetui.backends.native.sql.worker.claims import Finish
from queuetui.backends.native.sql.worker.endings import Ends, Held, length_us, lock_runs, record_ack_lost, to_us
from queuetui.model.job import Ending, Settlement

_FINISH_AND_CLAIM = {
    "sqlite": sqlite_bulk.finish_and_claim,
    "postgresql": postgresql_bulk.finish_and_claim,
    "mysql": mysql_bulk.finish_and_claim,
}
Known = tuple[str, Settlement]


@dataclass(frozen=True, slots=True)
class StepRequest:
    """The request of one step; settlements with an invalid id can only be stale and are left out."""

    lease_id: UUID
    completed: tuple[Known, ...]
    others: tuple[Known, ...]
    claim: int

    @property
    def is_one_statement(self) -> bool:
        """Tell whether the step has only completed runs and a claim."""
        return not self.others


def read_request(lease_id: UUID, settlements: Sequence[Settlement], claim: int) -> StepRequest:
    """Return the request; of two endings of one job the first counts and the second is stale."""
    first: dict[str, Settlement] = {}
    for one in settlements:
        job_id = canonical_id(one.job_id)
        if job_id is not None:
            first.setdefault(job_id, one)
    completed = tuple(pair for pair in first.items() if pair[1].ending is Ending.COMPLETED)
    others = tuple(pair for pair in first.items() if pair[1].ending is not Ending.COMPLETED)
    return StepRequest(lease_id, completed, others, claim)


def step(session: Session, request: StepRequest, retention: Retention) -> Step:
    """Write the endings that are not stale, record the others, then claim."""
    accepted: set[str] = set()
    if request.others:
        accepted = _settle(session, request, retention)
    finishes = [Finish(job_id, one.fence, one.type, length_us(one), one.result) for job_id, one in request.completed]
    kept = {"kept_us": to_us(retention.completed_s), "key_kept_us": to_us(retention.keys_s)}
    claims = _FINISH_AND_CLAIM[session.dialect](session, request.lease_id, finishes, request.claim, kept)
    accepted |= claims.accepted
    stale = [pair for pair in (*request.others, *request.completed) if pair[0] not in accepted]
    record_ack_lost(session, [(session.id_in(UUID(job_id)), one) for job_id, one in stale])
    return Step(
        frozenset(accepted), claims.claimed, claims.lease_valid, inf if claims.problem else None, claims.problem
    )


def _settle(session: Session, request: StepRequest, retention: Retention) -> set[str]:
    stored_lease: Any = session.id_in(request.lease_id)
    lease = session.row("hold_lease", lease_id=stored_lease)
    if lease is None:
        return set()
    _, worker_id = lease
    pairs = [(session.id_in(UUID(job_id)), one) for job_id, one in request.others]
    held: list[Held | None] = lock_runs(session, stored_lease, pairs)
    ends = Ends(retention)
    accepted = set()
    for (job_id, one), job in zip(request.others, held, strict=True):
        if job is not None:
            ends.settle(job, one, worker_id)
            accepted.add(job_id)
    ends.write(session)
    return accepted
