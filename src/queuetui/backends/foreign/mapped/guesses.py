"""What the columns and statuses of a home-made table may mean, guessed by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from queuetui.model.state import State

# Best first; compared without case and underscores.
_FIELD_NAMES: Mapping[str, str] = {
    "type": "type jobtype kind tasktype task taskname jobname jobclass class handler action name",
    "queue": "queue queuename channel topic",
    "payload": "payload data args arguments params parameters kwargs body input message",
    "error": "errormessage lasterror error lasterrormessage failurereason exception reason",
    "attempts": "attempts attempt attemptcount tries trycount retries retrycount errorcount",
    "max_attempts": "maxattempts maxtries maxretries attemptslimit retrylimit",
    "scheduled": "scheduledat scheduledfor runat availableat dueat nextrunat executeat startafter runafter eta",
    "started": "startedat startedon processingat pickedat claimedat lockedat reservedat beganat",
    "completed": "completedat completedon finishedat endedat doneat processedat failedat",
    "created": "createdat createdon insertedat enqueuedat queuedat created",
    "updated": "updatedat updatedon modifiedat changedat updated modified",
    "worker": "worker workerid workername lockedby claimedby processedby",
    "key": "idempotencykey dedupekey deduplicationkey uniquekey",
    "correlation_id": "correlationid traceid requestid",
}
_STATUS_NAMES = ["status", "state", "jobstatus", "jobstate"]
# What a name may end with where no name of the lists is there.
_STATUS_ENDINGS = ("status", "state", "phase", "stage")
_TYPE_ENDINGS = ("type", "kind", "class", "handler", "code", "name", "task", "job", "event", "topic", "command")
_KEY_NAMES = "id jobid taskid uid uuid guid pk no jobno number"
_PRIORITY_NAMES = ["priority", "jobpriority", "taskpriority", "prio", "weight"]
_STATE_WORDS: Mapping[State, str] = {
    State.PENDING: "pending queued waiting new created ready open enqueued available todo",
    State.SCHEDULED: "scheduled delayed",
    State.PROCESSING: "processing running started inprogress active busy working claimed reserved doing executing",
    State.RETRYING: "retrying retry",
    State.COMPLETED: "completed complete succeeded success successful done finished processed ok",
    State.FAILED: "failed failure error errored deadletter dead died gaveup",
    State.CANCELLED: "cancelled canceled aborted",
    State.BLOCKED: "blocked paused held onhold",
}


def plain(name: str) -> str:
    """Return a name as names are compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def guess_fields(columns: Iterable[str]) -> dict[str, str]:
    """Return the column that each field may stand in; no column stands for two."""
    left = {plain(name): name for name in columns}
    found: dict[str, str] = {}
    for field, names in _FIELD_NAMES.items():
        best = next((name for name in names.split() if name in left), None)
        if best is not None:
            found[field] = left.pop(best)
    return found


def guess_status(columns: Iterable[str]) -> str | None:
    """Return the column that may hold the status."""
    names = list(columns)
    return _first(_STATUS_NAMES, names) or _ending(_STATUS_ENDINGS, names)


def guess_type(texts: Iterable[str]) -> str | None:
    """Return the column that may say what kind of work a job is, of text columns that mean nothing else."""
    names = list(texts)
    return _ending(_TYPE_ENDINGS, names) or next(iter(names), None)


def guess_key(unique: Iterable[str]) -> str | None:
    """Return the column that may name a row, of those with a unique index of their own."""
    names = list(unique)
    other = set(_FIELD_NAMES["key"].split())
    named = (name for name in names if plain(name) not in other)
    return _first(_KEY_NAMES.split(), names) or _ending(("id",), names) or next(named, next(iter(names), None))


def guess_priority(columns: Iterable[str]) -> str | None:
    """Return the column that may hold the priority."""
    return _first(_PRIORITY_NAMES, columns)


def guess_state(status: str) -> State | None:
    """Return the state that a status may mean."""
    return next((state for state, words in _STATE_WORDS.items() if plain(status) in words.split()), None)


def _first(names: Iterable[str], columns: Iterable[str]) -> str | None:
    there = {plain(column): column for column in columns}
    return next((there[name] for name in names if name in there), None)


def _ending(endings: Iterable[str], columns: Iterable[str]) -> str | None:
    there = list(columns)
    return next((name for ending in endings for name in there if plain(name).endswith(ending)), None)
