"""Claims from queues with rules, one transaction at a time, under a lock on the queue's row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import Any
from uuid import UUID

from queuetui.backends.base import Step
from queuetui.backends.native.claim_limits import Candidate, Capacity, choose_by_rules, starts_from_text, starts_to_text
from queuetui.backends.native.odd_values import read_json, read_texts
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.rules_acts import RULES_LEFT
from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.worker.claims import find_problem, to_claimed
from queuetui.backends.native.sql.worker.event_writes import logs_events
from queuetui.backends.native.sql.worker.level_walk import Bookmarks, LevelWalk
from queuetui.backends.native.sql.worker.step import StepRequest, step
from queuetui.backends.native.sql.worker.tally import TallyWrites
from queuetui.model.claim_rules import ClaimRules
from queuetui.model.clock import to_us
from queuetui.model.errors import BadConfig

MOST_LEASES = 1_000
NOTHING = Step(frozenset(), ())


class RuledLeases:
    """The leases of queues that are known to have rules, whose steps claim by rules at once."""

    def __init__(self) -> None:
        self._bookmarks: dict[UUID, Bookmarks] = {}

    def __contains__(self, lease_id: UUID) -> bool:
        return lease_id in self._bookmarks

    def add(self, lease_id: UUID) -> Bookmarks:
        """Return a lease's bookmarks; those of the oldest leases are dropped, which costs a query."""
        while len(self._bookmarks) > MOST_LEASES:
            self._bookmarks.pop(next(iter(self._bookmarks)), None)
        return self._bookmarks.setdefault(lease_id, Bookmarks())

    def drop(self, lease_id: UUID) -> None:
        """Forget a lease."""
        self._bookmarks.pop(lease_id, None)


def is_ruled(session: Session, lease_id: UUID) -> bool:
    """Tell whether the queue of a lease has rules."""
    row = session.row("is_ruled", lease_id=session.id_in(lease_id))
    return row is not None and bool(row[0])


def step_by_rules(session: Session, request: StepRequest, retention: Retention, leases: RuledLeases) -> Step:
    """Write the endings and claim by the queue's rules, in one transaction.

    If the rules were cleared meanwhile, claim as from any queue.
    """
    done = step(session, replace(request, claim=0), retention)
    if not done.lease_valid:
        return done
    found = _claim(session, request, leases)
    if found is None:
        leases.drop(request.lease_id)
        return replace(step(session, replace(request, completed=(), others=()), retention), accepted=done.accepted)
    return replace(found, accepted=done.accepted)


def _claim(session: Session, request: StepRequest, leases: RuledLeases) -> Step | None:
    """Return the claimed jobs and when to ask again; None where the queue has no rules."""
    lease = session.row("hold_lease", lease_id=session.id_in(request.lease_id))
    if lease is None:
        return NOTHING
    queue, worker_id = lease
    held = session.row("lock_rules", queue=queue)
    if held is None or not held[1]:
        return None
    if held[0]:
        return NOTHING
    rules = _read_rules(held[2])
    if rules is None:
        return Step(frozenset(), (), again_s=inf, problem=RULES_LEFT)
    running = count_running(session, queue, rules)
    ((now,),) = session.rows("read_clock")
    capacity = Capacity(rules, running, starts_from_text(held[3]), to_us(session.moment_out(now)))
    walk = LevelWalk(session, queue, rules.ageing_s, request.claim, leases.add(request.lease_id))
    chosen: list[Candidate] = []
    if capacity.left > 0:
        chosen = choose_by_rules(walk.candidates(), capacity, _tags(session, worker_id), request.claim)
    rows = _take(session, request.lease_id, worker_id, queue, [one.id for one in chosen])
    starts = capacity.spend(row[2] for row in rows)
    if starts is not None and rows:
        session.change("write_begun", queue=queue, begun=starts_to_text(starts))
    _tally(session, queue, worker_id, rows)
    again_s = None
    if len(rows) < request.claim:
        again_s = 0.0 if walk.was_cut else capacity.again_s()
    problem = "" if rows or again_s is not None else find_problem(session, queue)
    claimed = tuple(to_claimed(session, row) for row in rows)
    return Step(frozenset(), claimed, again_s=inf if problem else again_s, problem=problem)


def _read_rules(text: str | None) -> ClaimRules | None:
    try:
        return ClaimRules.from_text(text)
    except BadConfig:
        return None


def count_running(session: Session, queue: str, rules: ClaimRules) -> dict[str, int]:
    """Return the number of running jobs of each limited type, jobs of expired leases included."""
    if not rules.bounds_concurrency:
        return {}
    return {row[0]: row[1] for row in session.rows("count_running", queue=queue)}


def _tags(session: Session, worker_id: str) -> frozenset[str]:
    row = session.row("worker_tags", worker_id=worker_id)
    return frozenset() if row is None else frozenset(tag.raw for tag in read_texts(read_json(row[0])))


def _take(session: Session, lease_id: UUID, worker_id: str, queue: str, ids: Sequence[Any]) -> list[Row]:
    """Lock the chosen jobs that are still pending, mark them as claimed, and return them in order."""
    if not ids:
        return []
    values: dict[str, Any] = {"lease_id": session.id_in(lease_id), "worker_id": worker_id}
    if session.dialect == "sqlite":
        taken = [row for row in session.each("take_chosen", [{"id": one} for one in ids]) if row is not None]
        alone = len(taken) == 1
        session.change_each("claim_chosen", [{"id": row[0], "alone": alone, **values} for row in taken])
        if logs_events(session, queue):
            session.change_each("log_chosen", [{"id": row[0]} for row in taken])
        return taken
    found = {row[0]: row for row in session.rows("take_chosen", ids=list(ids))}
    rows = [found[one] for one in ids if one in found]
    if rows:
        taken_ids = [row[0] for row in rows]
        session.change("claim_chosen", ids=taken_ids, alone=len(rows) == 1, **values)
        if logs_events(session, queue):
            session.change("log_chosen", ids=taken_ids)
    return rows


def _tally(session: Session, queue: str, worker_id: str, rows: Sequence[Row]) -> None:
    tally = TallyWrites()
    for job_type, count in Counter(row[2] for row in rows).items():
        tally.add(worker_id, queue, job_type, "started", count)
    tally.write(session)
