"""What Huey's pickled messages and results say, wherever they are stored.

None of them is unpickled.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from queuetui.backends.payloads.containers import GZIP, SIGNED, ZLIB
from queuetui.backends.payloads.decoder import Caps, Decoder
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.pickle_times import read_time, rewrite_time, time_of
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.python_traceback import read_traceback_or_repr
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.model.act import JobRef, Verb
from queuetui.model.clock import LATEST
from queuetui.model.job import Job, JobError
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.text import Untrusted

# The arguments of a message in their order; older versions have fewer.
_FIELDS = """
id name eta retries retry_delay priority args kwargs on_complete on_error expires expires_resolved timeout chord_config retry_backoff
""".split()  # noqa: SIM905 - as many quotes would hide the names
_ETA = _FIELDS.index("eta")
_SHOWN = ("args", "kwargs")
# The class of a message, its id and its name, each with its length and remembered, and nothing or a time, by protocols 4 and 5.
_SHORT = b"(?:%b)" % b"|".join(b"%b.{%d}" % (re.escape(bytes([size])), size) for size in range(128))
_HEAD = re.compile(
    rb"\x80[\x04\x05]\x95.{8}\x8c\rhuey\.registry\x94\x8c\x07Message\x94\x93\x94\(\x8c(?P<id>%b)\x94\x8c(?P<name>%b)\x94"
    rb"(?:N|\x8c\x08datetime\x94\x8c\x08datetime\x94\x93\x94C\n(?P<time>.{10})\x94\x85\x94R)" % (_SHORT, _SHORT),
    re.DOTALL,
)
_DECODER = Decoder((GZIP, ZLIB, SIGNED), (PICKLE,))
_PACKERS: Mapping[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zlib": zlib.compress}
# The frame behind that of Huey itself is the task's own function.
_TASK_FRAME = re.compile(
    r"in execute\n[^\n]*\n(?:[ ^~]*\n)?  File \"(?:[^\"]*[/\\])?(?!__init__)([^\"/\\]+?)(?:[/\\]__init__)?(?:\.py)?\", line \d+, in (\w+)"
)
# (None, True): revoked for one run, after which the consumer forgets it; every Python reads this protocol.
REVOKED = b"\x80\x02N\x88\x86."
TASK_REVOKED = "all tasks of its kind are revoked: restore_all of that task lets them run again"
_OLD = "it is a message of Huey 1, which is only read: see to it in the application, or delete it"
UNSIGNABLE = "its message is signed, and a revocation must be too: revoke it in the application, or delete it"
NO_TIME = "Huey does not store when it was enqueued"
_NO_COUNT = "Huey stores no count of attempts: at least so many"
_RUN_AGAIN = "its error is of its last run, after which it is tried again"
_ERROR_ALONE = "Huey keeps only the error of a task that failed, not its arguments: enqueue it anew in the application"
_NO_NAME = "its name is not known: no traceback is stored from which it could be read"
_RESULT_ALONE = "Huey keeps only its result, until the application reads it"
UNREADABLE = "its message cannot be read here"
_FIXED = (
    "its message is signed, or its time stands where it cannot be changed alone; enqueue it anew in the application"
)


@dataclass(frozen=True, slots=True)
class HueyMessage:
    """A task as it was enqueued."""

    id: str
    name: str
    # When it is due, without its zone.
    eta: datetime | None
    retries: int
    priority: int | None
    # Its arguments and what else a person may want to know, as JSON.
    payload: str
    is_signed: bool
    # Of Huey 1.
    is_old: bool = False

    @property
    def why_not_revoked(self) -> str:
        """Why no revocation may be written for it, empty where one may."""
        return _OLD if self.is_old else UNSIGNABLE if self.is_signed else ""


@dataclass(frozen=True, slots=True)
class HueyEnd:
    """What is stored under a task's id once a run has ended: its value, or its error."""

    text: str
    error: JobError | None = None
    # How many retries were left after an error.
    retries: int = 0
    # As the traceback tells it.
    name: str = "?"


@lru_cache(maxsize=5_000)
def read_message(raw: bytes) -> HueyMessage | None:
    """Return what a message says, None where it cannot be read."""
    decoded = _DECODER.decode(raw)
    args, old = _made(decoded.text, "Message"), _read_old(decoded.text)
    args = old or args
    if args is None or len(args) < len(_SHOWN):
        return None
    said: dict[str, Any] = dict.fromkeys(_FIELDS) | dict(zip(_FIELDS, args, strict=False))
    shown = {name: value for name, value in said.items() if name in _SHOWN or (value and name not in ("id", "name"))}
    return HueyMessage(
        str(said["id"]), str(said["name"]), read_time(said["eta"]), _whole(said["retries"]) or 0, _whole(said["priority"]),
        json.dumps(shown, ensure_ascii=False), "signed" in decoded.layers, old is not None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HueyHead:
    """What stands before all else in a message."""

    id: str
    name: str
    eta: datetime | None


# A statement asks many things of one row before it goes on to the next.
@lru_cache(maxsize=100)
def read_head(raw: bytes) -> HueyHead | None:
    """Return how a message begins.

    Its bytes alone tell that where they are as Huey writes them, which is much faster.
    """
    found = _HEAD.match(raw)
    if found is not None and raw[found.end() - 1 : found.end()] == b"N":
        return HueyHead(_text(found["id"]), _text(found["name"]), None)
    if found is not None and (eta := time_of(found["time"])) is not None:
        return HueyHead(_text(found["id"]), _text(found["name"]), eta)
    message = read_message(raw)
    return None if message is None else HueyHead(message.id, message.name, message.eta)


def _text(stored: bytes) -> str:
    return stored[1:].decode("utf-8", "replace")


@lru_cache(maxsize=5_000)
def read_outcome(raw: bytes) -> HueyEnd:
    """Return what is stored of a run; what cannot be read is shown by why."""
    decoded = _DECODER.decode(raw)
    args = _made(decoded.text, "Error")
    said = args[0] if args and isinstance(args[0], dict) else None
    if said is None:
        return HueyEnd(decoded.text or decoded.problem)
    trace = str(said.get("traceback") or "")
    frame = _TASK_FRAME.search(trace)
    name = f"{frame[1]}.{frame[2]}" if frame else "?"
    return HueyEnd(
        "", read_traceback_or_repr(trace, str(said.get("error") or "")), _whole(said.get("retries")) or 0, name
    )


def revoked_until(raw: bytes | None, zone: tzinfo) -> datetime | None:
    """Return until when a revocation is in force, which may be once or for ever; None for what is none."""
    match json.loads(_DECODER.decode(raw).text or "null") if raw else None:
        case [until, once]:
            until_at = None if once else read_time(until)
            return LATEST if once or until is None else until_at and in_zone(until_at, zone)
    return None


def is_revoked(raw: bytes | None, now: datetime, zone: tzinfo) -> bool:
    """Tell whether a revocation is in force."""
    until = revoked_until(raw, zone)
    return until is not None and until > now


def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """Return a time that is stored without its zone."""
    return at.replace(tzinfo=zone).astimezone(UTC)


def due_now(raw: bytes, now: datetime, zone: tzinfo) -> bytes | str:
    """Return a message that is due now instead, or why there can be none."""
    if (message := read_message(raw)) is not None and message.is_old:
        return _OLD
    *wrappings, _ = _DECODER.decode(raw).layers or ("",)
    if not _PACKERS.keys() >= set(wrappings):
        return _FIXED
    for container in (GZIP, ZLIB):
        raw = container.open(raw, Caps()) if container.name in wrappings else raw
    written = rewrite_time(raw, _ETA, now.astimezone(zone).replace(tzinfo=None))
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


def unread_job(ref: JobRef, queue: str) -> Job:
    """Return what stands for a task whose message cannot be read."""
    return Job(ref, Untrusted("?"), Untrusted(queue), State.PENDING, Untrusted(""), remarks=(UNREADABLE, NO_TIME))


def ended_job(ref: JobRef, queue: str, outcome: HueyEnd) -> Job:
    """Return a task of which only the end is left."""
    if outcome.error is not None:
        return Job(
            ref, Untrusted(outcome.name), Untrusted(queue), State.FAILED, Untrusted(""), attempts=1, error=outcome.error,
            remarks=(_ERROR_ALONE, _NO_COUNT, _NO_NAME if outcome.name == "?" else "its name is read from its traceback"),
        )  # fmt: skip
    return Job(
        ref, Untrusted("?"), Untrusted(queue), State.COMPLETED, Untrusted(""), attempts=1, result=Untrusted(outcome.text),
        remarks=(_RESULT_ALONE, _NO_COUNT),
    )  # fmt: skip


def is_task_id(key: str) -> bool:
    """Tell results of tasks from what else Huey stores beside them: revocations, locks, parts of chords."""
    return not key.startswith(("r:", "rt:", "chord:")) and ".lock." not in key


def _made(text: str, name: str) -> list[Any] | None:
    match json.loads(text) if text else None:
        case {"__class__": str(made), "args": list(args)} if made.startswith("huey.") and made.endswith(f".{name}"):
            return args
    return None


def _read_old(text: str) -> list[Any] | None:
    """Return the arguments that a message of Huey 1, a plain tuple, would have since."""
    match json.loads(text) if text else None:
        case [str(task_id), str(name), eta, int(retries), delay, [args, kwargs], *_]:
            return [task_id, name, eta, retries, delay, None, args, kwargs]
    return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


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
