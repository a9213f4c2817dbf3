"""Executes acts on our queue on SQL: compares, sets and records under the row's lock."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from queuetui.backends.native.act_rules import JOB_VERBS
from queuetui.backends.native.event_rules import SWITCHED_ALREADY
from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.act.decisions import Decisions
from queuetui.backends.native.sql.act.locked_jobs import LockedJob, describe_before, lock_targets
from queuetui.backends.native.sql.act_records import add_act, add_rows, find_results
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.worker.event_writes import log_queue, log_switch, log_worker, logs_events
from queuetui.backends.native.texts import storable
from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.model.act import QUEUE_VERBS, Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.clock import to_text
from queuetui.model.errors import Unsupported
from queuetui.model.event import EventKind
from queuetui.model.limits import Limits

if TYPE_CHECKING:
    from queuetui.backends.native.sql.database import Database

Done = TypeVar("Done")
BATCH_JOBS = 100
LARGEST_REV = 2**63 - 1


class SqlOperator:
    """The Operator of the backend; `changed` is called after each act, whatever its outcome."""

    def __init__(self, database: Database, changed: Callable[[], None]) -> None:
        self._database = database
        self._changed = changed
        self._retention = Retention.from_settings(database.options.settings)

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Apply the act to each target, a batch of them in one transaction.

        An act that was done before under its id gives the same answer.
        """
        if act.verb not in JOB_VERBS:
            raise Unsupported(f"{act.verb.value} is not done to jobs; it is about queues or workers")
        results: list[Result] = []
        for start in range(0, len(targets), BATCH_JOBS):
            batch = [target.ref for target in targets[start : start + BATCH_JOBS]]
            results += self._write(f"doing {act.verb.value}", partial(self._batch, act=act, refs=batch))
        return tuple(results)

    def _write(self, doing: str, work: Callable[[Session], Done]) -> Done:
        try:
            return self._database.write(doing, work)
        finally:
            self._changed()

    def _batch(self, session: Session, act: Act, refs: Sequence[JobRef]) -> list[Result]:
        add_act(session, act)
        ids = {ref.id: parse_id(ref.id) for ref in refs}
        found = lock_targets(session, [one for one in set(ids.values()) if one is not None])
        results = find_results(session, act, refs)
        decisions = Decisions(session, self._retention, act.actor)
        added: list[Result] = []
        for ref in refs:
            if ref.id not in results:
                results[ref.id] = _do_one(session, act, ref, _target(found, ids[ref.id]), decisions)
                added.append(results[ref.id])
        decisions.write()
        add_rows(session, act, added)
        return [results[ref.id] for ref in refs]

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue, or switch its events."""
        if act.verb not in QUEUE_VERBS:
            raise Unsupported(f"{act.verb.value} is not done to queues; they are paused and resumed")
        ref = JobRef(self._database.name, queue, "")
        do = _set_paused if act.verb in {Verb.PAUSE, Verb.RESUME} else _switch_events
        return self._write(f"doing {act.verb.value}", lambda session: do(session, act, ref))

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Delete the registrations of workers that have been silent for longer than the limit."""
        return self._write("cleaning workers", lambda session: _clean_workers(session, act, silent_s))


def _target(found: dict[UUID, LockedJob], job_id: UUID | None) -> LockedJob | None:
    return None if job_id is None else found.get(job_id)


def _do_one(session: Session, act: Act, ref: JobRef, target: LockedJob | None, decisions: Decisions) -> Result:
    if target is None:
        return Result(ref, Outcome.SKIPPED, note="it is no longer there")
    if str(target.rev) != ref.rev:
        return Result(ref, Outcome.SKIPPED, target.state, "it changed since it was seen")
    decision = decisions.decide(act.verb, target)
    if decision.refusal:
        return Result(ref, Outcome.SKIPPED, target.state, decision.refusal)
    before = describe_before(session, target, with_attempts=act.verb is Verb.DELETE)
    rev_after = None if decision.state is None else str(min(target.rev, LARGEST_REV - 1) + 1)
    return Result(ref, Outcome.DONE, decision.state, decision.note, before, rev_after)


def _set_paused(session: Session, act: Act, ref: JobRef) -> Result:
    add_act(session, act)
    known = session.row("lock_queue", name=ref.id)
    earlier = find_results(session, act, [ref])
    if earlier:
        return earlier[ref.id]
    if act.verb is Verb.PAUSE:
        changed = session.change("pause_queue", name=ref.id, paused_by=storable(act.actor))
    else:
        changed = session.change("resume_queue", name=ref.id)
    if changed:
        paused_at = None if known is None or known[0] is None else to_text(session.moment_out(known[0]))
        before = json.dumps({"paused_at": paused_at, "paused_by": None if known is None else known[1]})
        result = Result(ref, Outcome.DONE, before=before)
        kind = EventKind.QUEUE_PAUSED if act.verb is Verb.PAUSE else EventKind.QUEUE_RESUMED
        log_queue(session, kind, ref.id, act.actor)
    else:
        result = Result(ref, Outcome.SKIPPED, note=PAUSED_ALREADY[act.verb])
    add_rows(session, act, [result])
    return result


def _switch_events(session: Session, act: Act, ref: JobRef) -> Result:
    add_act(session, act)
    session.row("lock_queue", name=ref.id)
    earlier = find_results(session, act, [ref])
    if earlier:
        return earlier[ref.id]
    on, before = act.verb is Verb.EVENTS_ON, logs_events(session, ref.id)
    if before == on:
        result = Result(ref, Outcome.SKIPPED, note=SWITCHED_ALREADY[act.verb])
    else:
        session.change("switch_events", name=ref.id, events=on)
        log_switch(session, ref.id, act.actor, on=on)
        result = Result(ref, Outcome.DONE, before=json.dumps({"events": before}))
    add_rows(session, act, [result])
    return result


def _clean_workers(session: Session, act: Act, silent_s: float) -> int:
    add_act(session, act)
    row = session.row("find_act", id=act.id)
    counts = None if row is None or row[0] is None else row[0]
    if counts is not None:
        earlier: int = (json.loads(counts) if isinstance(counts, str) else counts)["cleaned"]
        return earlier
    silent = session.rows("list_silent", silent_us=round(silent_s * 1e6))
    for (worker_id,) in silent:
        session.change("drop_worker", id=worker_id)
        log_worker(session, EventKind.WORKER_CLEANED, worker_id, act.actor)
    cleaned = len(silent)
    session.change("count_act", id=act.id, counts=json.dumps({"cleaned": cleaned}))
    return cleaned
