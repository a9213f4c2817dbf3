"""What Huey's messages, results and revocations mean, wherever they are stored."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from queuetui.backends.payloads.containers import GZIP, ZLIB
from queuetui.backends.payloads.decoder import Caps
from queuetui.backends.payloads.huey_pickles import DECODER, ETA, HueyEnd, HueyMessage, read_message
from queuetui.backends.payloads.pickle_times import read_time, rewrite_time
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.model.act import JobRef, Verb
from queuetui.model.clock import LATEST
from queuetui.model.job import Job
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_PACKERS: Mapping[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zlib": zlib.compress}
# (None, True): revoked for one run, after which the consumer forgets it; every Python reads this protocol.
REVOKED = b"\x80\x02N\x88\x86."
TASK_REVOKED = "all tasks of its kind are revoked: restore_all of that task lets them run again"
_OLD = "it is a message of Huey 1, which is only read: see to it in the application, or delete it"
UNSIGNABLE = "its message is signed, and a revocation must be too: revoke it in the application, or delete it"
NO_TIME = "Huey does not store when it was enqueued"
_NO_COUNT = "Huey stores no count of attempts: at least so many"
_RUN_AGAIN = "its error is of its last run, after which it is tried again"
_ERROR_ALONE = "Huey keeps only the error of a task that failed, not its arguments: enqueue it anew in the application"
_CANCEL_ALONE = (
    "it raised CancelExecution, and Huey keeps only that, not its arguments: enqueue it anew in the application"
)
END_ALONE = "only its end is left, without its message; enqueue it anew in the application"
_NO_NAME = "its name is not known: no traceback is stored from which it could be read"
_RESULT_ALONE = "Huey keeps only its result, until the application reads it"
UNREADABLE = "its message cannot be read here"
_FIXED = (
    "its message is signed, or its time stands where it cannot be changed alone; enqueue it anew in the application"
)


def revoked_until(raw: bytes | None, zone: tzinfo) -> datetime | None:
    """Return until when a revocation is in force, which may be once or for ever; None for what is none."""
    match json.loads(DECODER.decode(raw).text or "null") if raw else None:
        case [until, once]:
            until_at = None if once else read_time(until)
            return LATEST if once or until is None else until_at and in_zone(until_at, zone)
    return None


def is_revoked(raw: bytes | None, now: datetime, zone: tzinfo) -> bool:
    """Tell whether a revocation is in force."""
    until = revoked_until(raw, zone)
    return until is not None and until > now


def why_not_revoked(message: HueyMessage) -> str:
    """Return why no revocation may be written for a task, empty where one may."""
    return _OLD if message.is_old else UNSIGNABLE if message.is_signed else ""


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """Return a time that is stored without its zone."""
    return at.replace(tzinfo=zone).astimezone(UTC)


def due_now(raw: bytes, now: datetime, zone: tzinfo) -> bytes | str:
    """Return a message that is due now instead, or why there can be none."""
    if (message := read_message(raw)) is not None and message.is_old:
        return _OLD
    *wrappings, _ = DECODER.decode(raw).layers or ("",)
    if not _PACKERS.keys() >= set(wrappings):
        return _FIXED
    for container in (GZIP, ZLIB):
        raw = container.open(raw, Caps()) if container.name in wrappings else raw
    written = rewrite_time(raw, ETA, now.astimezone(zone).replace(tzinfo=None))
    for name in wrappings:
        written = None if written is None else _PACKERS[name](written)
    return _FIXED if written is None else written


def waiting_state(
    message: HueyMessage, outcome: HueyEnd | None, now: datetime, zone: tzinfo, *, revoked: bool
) -> State:
    """Return the state of a task that was not taken yet."""
    if revoked:
        return State.CANCELLED
    if message.eta is None or in_zone(message.eta, zone) <= now:
        return State.PENDING
    return State.SCHEDULED if outcome is None or outcome.error is None else State.RETRYING


def waiting_job(
    ref: JobRef, queue: str, state: State, message: HueyMessage, outcome: HueyEnd | None, zone: tzinfo, paths: SummaryPaths | None,
    enqueued_at: datetime | None = None,
) -> Job:  # fmt: skip
    """Return a task that was not taken yet, with the error of its last run where it had one."""
    error = None if outcome is None else outcome.error
    due_at = enqueued_at if message.eta is None else in_zone(message.eta, zone)
    return Job(
        ref, Untrusted(message.name), Untrusted(queue), state, Untrusted(message.payload),
        data=summarise_call(message.name, message.payload, paths),
        priority=message.priority, attempts=int(error is not None),
        max_attempts=message.retries + 1 if error is None else None,
        error=error, created_at=enqueued_at, scheduled_at=due_at,
        remarks=(
            *((_OLD,) if message.is_old else ()), *((_RUN_AGAIN, _NO_COUNT) if error else ()), *(() if due_at else (NO_TIME,)),
        ),
    )  # fmt: skip


def say_revoked(job: Job, of_task: bytes | None, now: datetime, zone: tzinfo) -> Job:
    """Return a job that says so where the revocation of all tasks of its kind is in force."""
    return replace(job, remarks=(*job.remarks, TASK_REVOKED)) if is_revoked(of_task, now, zone) else job


def unread_job(ref: JobRef, queue: str) -> Job:
    """Return what stands for a task whose message cannot be read."""
    return Job(ref, Untrusted("?"), Untrusted(queue), State.PENDING, Untrusted(""), remarks=(UNREADABLE, NO_TIME))


def ended_job(ref: JobRef, queue: str, outcome: HueyEnd) -> Job:
    """Return a task of which only the end is left."""
    has_run = outcome.has_run(ref.id)
    job = Job(ref, Untrusted("?"), Untrusted(queue), outcome.state, Untrusted(""), attempts=int(has_run))
    if outcome.error is None:
        return replace(job, result=Untrusted(outcome.text), remarks=(_RESULT_ALONE, _NO_COUNT))
    told = replace(job, error=outcome.error)
    alone = _CANCEL_ALONE if outcome.state is State.CANCELLED else _ERROR_ALONE
    if not has_run:
        before = f"it never ran: the task {outcome.task_id} before it in its pipeline ended so"
        return replace(told, remarks=(before, alone, _NO_COUNT))
    named = _NO_NAME if outcome.name == "?" else "its name is read from its traceback"
    return replace(told, type=Untrusted(outcome.name), remarks=(alone, _NO_COUNT, named))


def is_task_id(key: str) -> bool:
    """Tell results of tasks from what else Huey stores beside them: revocations, locks, parts of chords."""
    return not key.startswith(("r:", "rt:", "chord:")) and ".lock." not in key


ABSENT: Mapping[str, str] = lacking("Huey", "key", "correlation_id", "tag", jobs="messages") | {
    "lost": "Huey does not know of lost runs: a task whose consumer is killed is gone",
    **dict.fromkeys(("started", "running", "worker"), "Huey stores nothing of a run: a task that was taken is nowhere"),
    "completed": "Huey does not store when a run ended",
}
REASONS = usual_reasons(
    "Huey", pauses="Huey cannot pause a queue: stop its consumer", workers="Huey registers no consumers"
) | {
    Verb.RELEASE: "Huey has no way back for a task that was taken: it is nowhere in the store, and lost if its consumer is killed"
}
WARNINGS = {
    Verb.CANCEL: "cancel = revoke: the consumer drops the task when it takes it, and then it is gone",
    Verb.DELETE: "Huey keeps no copy of a deleted task, and whoever waits for its result waits for ever",
}
