"""Executes acts in memory: compare and set under the lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.backends.native.act_rules import ASKED, HELD, STOPPING, refuse
from queuetui.backends.native.event_rules import SWITCHED_ALREADY
from queuetui.backends.native.memory.endings import lose
from queuetui.backends.native.memory.event_log import logs_events, tell_job, tell_of
from queuetui.backends.native.memory.records import QueueRecord, describe_before
from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.model.act import QUEUE_VERBS, Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.errors import Unsupported
from queuetui.model.event import EventKind
from queuetui.model.state import WAITING, State

if TYPE_CHECKING:
    from queuetui.backends.native.memory.records import JobRecord
    from queuetui.backends.native.memory.store import MemoryStore
    from queuetui.model.limits import Limits


class MemoryOperator:
    """What a person may change."""

    store: MemoryStore
    name: str

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Apply the act to each target; a target done before under this act's id gives the same answer."""
        if act.verb not in _DEEDS:
            message = f"{act.verb.value} is not done to jobs; it is about queues or workers"
            raise Unsupported(message)
        with self.store.lock:
            return tuple(self._apply_once(act, target.ref) for target in targets)

    def _apply_once(self, act: Act, ref: JobRef) -> Result:
        place = (act.id, ref.id)
        if place not in self.store.acts:
            self.store.acts[place] = self._apply_one(act, ref)
        return self.store.acts[place]

    def _apply_one(self, act: Act, ref: JobRef) -> Result:
        record = self.store.jobs.get(ref.id)
        if record is None:
            return Result(ref, Outcome.SKIPPED, note="it is no longer there")
        if str(record.rev) != ref.rev:
            return Result(ref, Outcome.SKIPPED, record.state, "it changed since it was seen")
        before = describe_before(record)
        refusal = refuse(act.verb, record.state) or _DEEDS[act.verb](self.store, record, act.actor)
        if refusal:
            return Result(ref, Outcome.SKIPPED, record.state, refusal)
        if record.new.id not in self.store.jobs:
            return Result(ref, Outcome.DONE, before=before)
        note = STOPPING if record.state is State.PROCESSING else ""
        return Result(ref, Outcome.DONE, record.state, note, before, str(record.rev))

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue, or switch its events."""
        if act.verb not in QUEUE_VERBS:
            message = f"{act.verb.value} is not done to queues; they are paused and resumed"
            raise Unsupported(message)
        with self.store.lock:
            place = (act.id, f"queue {queue}")
            if place not in self.store.acts:
                changes = act.verb in {Verb.PAUSE, Verb.RESUME}
                self.store.acts[place] = self._set_paused(act, queue) if changes else self._switch_events(act, queue)
            return self.store.acts[place]

    def _set_paused(self, act: Act, queue: str) -> Result:
        ref = JobRef(self.name, queue, "")
        pause = act.verb is Verb.PAUSE
        if self.store.is_paused(queue) == pause:
            return Result(ref, Outcome.SKIPPED, note=PAUSED_ALREADY[act.verb])
        known = self.store.queues.setdefault(queue, QueueRecord())
        known.paused_at, known.paused_by = (self.store.now(), act.actor) if pause else (None, None)
        if logs_events(self.store, queue):
            kind = EventKind.QUEUE_PAUSED if pause else EventKind.QUEUE_RESUMED
            tell_of(self.store, kind, queue, actor=act.actor)
        return Result(ref, Outcome.DONE)

    def _switch_events(self, act: Act, queue: str) -> Result:
        ref = JobRef(self.name, queue, "")
        on = act.verb is Verb.EVENTS_ON
        if logs_events(self.store, queue) == on:
            return Result(ref, Outcome.SKIPPED, note=SWITCHED_ALREADY[act.verb])
        self.store.queues.setdefault(queue, QueueRecord()).events = on
        kind = EventKind.QUEUE_EVENTS_ON if on else EventKind.QUEUE_EVENTS_OFF
        tell_of(self.store, kind, queue, actor=act.actor)
        return Result(ref, Outcome.DONE)

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Delete the registrations of workers that have been silent for longer than the limit."""
        with self.store.lock:
            if act.id not in self.store.cleanings:
                horizon = self.store.now() - timedelta(seconds=silent_s)
                silent = [name for name, worker in self.store.workers.items() if worker.beat_at < horizon]
                for name in silent:
                    del self.store.workers[name]
                    tell_of(self.store, EventKind.WORKER_CLEANED, None, name, act.actor)
                self.store.cleanings[act.id] = len(silent)
            return self.store.cleanings[act.id]


def _retry(store: MemoryStore, record: JobRecord, actor: str) -> str:
    tell_job(store, EventKind.JOB_RETRIED, record, actor=actor, moment=store.now())
    record.attempts = record.lost_alone = 0
    record.cancel_requested_at = record.result = None
    store.move(record, State.PENDING, store.now())
    return ""


def _cancel(store: MemoryStore, record: JobRecord, actor: str) -> str:
    if record.state in WAITING:
        tell_job(store, EventKind.JOB_CANCELLED, record, actor=actor)
        store.move(record, State.CANCELLED)
        return ""
    if record.cancel_requested_at is not None:
        return ASKED
    tell_job(store, EventKind.JOB_CANCEL_REQUESTED, record, actor=actor)
    record.cancel_requested_at = store.now()
    store.touch(record)
    return ""


def _delete(store: MemoryStore, record: JobRecord, actor: str) -> str:
    tell_job(store, EventKind.JOB_DELETED, record, actor=actor)
    if record.state is not State.COMPLETED:
        store.free_key(record)
    store.remove(record)
    return ""


def _release(store: MemoryStore, record: JobRecord, actor: str) -> str:
    if store.valid_lease(record.lease_id) is not None:
        return HELD
    lose(store, record, quarantine=False, actor=actor)
    return ""


_DEEDS = {Verb.RETRY: _retry, Verb.CANCEL: _cancel, Verb.DELETE: _delete, Verb.RELEASE: _release}
