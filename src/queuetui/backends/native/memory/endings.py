"""Ends runs in memory: settled by their worker, released, or lost with an expired lease."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.backends.native.ending_rules import (
    FIGURES,
    LOST,
    POISON_PILL,
    is_poisonous,
    quarantine_error,
    target_of,
)
from queuetui.backends.native.event_rules import KIND_OF_TARGET, TELLS_WHY
from queuetui.backends.native.memory.event_log import tell_job
from queuetui.model.event import EventKind
from queuetui.model.job import Ending, RunError, Settlement
from queuetui.model.state import PUT_OFF, State

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.backends.native.memory.records import JobRecord, LeaseRecord
    from queuetui.backends.native.memory.store import MemoryStore


def settle(store: MemoryStore, lease: LeaseRecord | None, settlement: Settlement) -> bool:
    """Write one ending if the run still holds its job under this lease.

    If it does not, record the lost acknowledgement.
    """
    record = store.jobs.get(settlement.job_id)
    if lease is None or record is None or record.lease_id != lease.id or record.fence != settlement.fence:
        store.record_ack_lost(settlement.job_id, settlement.fence, settlement.error)
        return False
    if settlement.ending is Ending.LOST:
        if settlement.duration_s is not None:
            set_start(store, record, settlement.duration_s)
        lose(store, record, error=settlement.error)
        return True
    target = target_of(settlement.ending, cancel_requested=record.cancel_requested_at is not None)
    due_at = None
    if target in PUT_OFF:
        due_at = settlement.at or store.now() + timedelta(seconds=settlement.delay_s)
    _tell_end(store, record, settlement, target, due_at)
    _count(store, record, settlement)
    store.move(record, target, due_at)
    return True


def _tell_end(
    store: MemoryStore, record: JobRecord, settlement: Settlement, target: State, due_at: datetime | None
) -> None:
    if settlement.duration_s is not None:
        set_start(store, record, settlement.duration_s)
    moment = due_at or record.started_at
    erred = settlement.error if target in TELLS_WHY else None
    tell_job(store, KIND_OF_TARGET[target], record, moment=moment, detail=None if erred is None else erred.class_name)


def _count(store: MemoryStore, record: JobRecord, settlement: Settlement) -> None:
    if settlement.ending in FIGURES:
        record.attempts += 1
        record.error = settlement.error
    record.result = settlement.result if settlement.ending is Ending.COMPLETED else None
    if settlement.ending in {Ending.RETRY, Ending.FAILED}:
        store.record_attempt(record, settlement.ending.value, settlement.error)
    figures = store.tally_now(record.new.queue)
    figures.completed += settlement.ending is Ending.COMPLETED
    figures.failed += settlement.ending is Ending.FAILED
    figures.retried += settlement.ending is Ending.RETRY
    if settlement.duration_s is not None:
        figures.busy_s += settlement.duration_s
        figures.runs += settlement.ending in FIGURES


def set_start(store: MemoryStore, record: JobRecord, running_s: float) -> None:
    """Set the start of a run once, reckoned back from its duration on the worker's clock."""
    record.started_at = record.started_at or store.now() - timedelta(seconds=running_s)


def release(store: MemoryStore, record: JobRecord) -> None:
    """Release a held job without counting an attempt; one whose cancellation was requested is cancelled."""
    asked_to_stop = record.cancel_requested_at is not None
    tell_job(store, EventKind.JOB_CANCELLED if asked_to_stop else EventKind.JOB_RELEASED, record)
    _free(store, record)


def _free(store: MemoryStore, record: JobRecord) -> None:
    store.move(record, target_of(Ending.RELEASED, cancel_requested=record.cancel_requested_at is not None))


def lose(
    store: MemoryStore,
    record: JobRecord,
    *,
    quarantine: bool = True,
    error: RunError | None = None,
    actor: str | None = None,
) -> bool:
    """Take a job from a worker or process that is gone, counted as lost.

    Tell whether it failed for good, at its third loss alone.
    """
    kind, detail = (EventKind.JOB_LOST, error) if actor is None else (EventKind.JOB_RELEASED, None)
    tell_job(
        store,
        kind,
        record,
        moment=record.started_at,
        actor=actor,
        detail=None if detail is None else detail.class_name,
    )
    record.lost += 1
    record.lost_alone += record.claimed_alone
    store.record_attempt(record, LOST, error)
    store.tally_now(record.new.queue).lost += 1
    asked_to_stop = record.cancel_requested_at is not None
    poisonous = is_poisonous(record.lost_alone, claimed_alone=record.claimed_alone, cancel_requested=asked_to_stop)
    if not (quarantine and poisonous):
        if asked_to_stop:
            tell_job(store, EventKind.JOB_CANCELLED, record)
        _free(store, record)
        return False
    record.error = quarantine_error(record.lost_alone)
    store.tally_now(record.new.queue).failed += 1
    tell_job(store, EventKind.JOB_FAILED, record, detail=POISON_PILL)
    store.move(record, State.FAILED)
    return True
