"""The messages between a worker and its children: plain data of fixed shape, without code."""

from __future__ import annotations

from datetime import datetime

import msgspec

from queuetui.engine.notes import Notes
from queuetui.engine.outcome import BAD_ENDING
from queuetui.model.backoff import Backoff
from queuetui.model.job import ClaimedJob, Ending, RunError, Settlement


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True, tag_field="kind"):
    """One message; a run is named by its number at the child."""


Given = tuple[int, bool, ClaimedJob]


class Work(Message, frozen=True):
    """To a child: runs, in order, and whether their start is to be logged."""

    jobs: tuple[Given, ...]


class Cancel(Message, frozen=True):
    """To a child: a run should end."""

    number: int
    cause: str


class Written(Message, frozen=True):
    """To a child: the worker has written, or given up, the ending of a run."""

    number: int


class Leave(Message, frozen=True):
    """To a child: exit when all runs are done."""


class Ready(Message, frozen=True):
    """From a child: it is ready for work."""


class TypeRules(Message, frozen=True):
    """From a child: the rules of a job type, before its first run."""

    type: str
    backoff: Backoff
    timeout_s: float | None


class Declined(Message, frozen=True):
    """From a child: a run that was withdrawn just before it would have begun."""

    number: int


class Progressed(Message, frozen=True):
    """From a child: the last progress report of a handler."""

    number: int
    progress: str


class Noted(Message, frozen=True):
    """From a child: the current notes of a run."""

    number: int
    usage: dict[str, float]
    cpu_s: float | None
    peak_bytes: int | None
    result_ttl_s: float | None


class Bound(Message, frozen=True):
    """From a child: the fields that a handler has bound to its run."""

    number: int
    fields: dict[str, object]


class Logged(Message, frozen=True):
    """From a child: a log record, already formatted as text."""

    logger: str
    level: int
    message: str
    created_s: float
    fields: dict[str, object] | None = None
    traceback: str | None = None


class Ended(Message, frozen=True):
    """From a child: the ending of a run; with `waits` the child begins nothing until it is written."""

    number: int
    ending: Ending
    duration_s: float | None
    result: bytes | None
    error: RunError | None
    delay_s: float
    at: datetime | None
    waits: bool

    def settlement(self, job: ClaimedJob) -> Settlement:
        """Return the ending as a settlement of the run's job."""
        return Settlement(
            job.id, job.fence, job.type, self.ending, self.duration_s, self.result, self.error, self.delay_s, self.at
        )


class Boot(msgspec.Struct, frozen=True):
    """To a fork server, once: where handlers are found, their settings and the log levels."""

    path: list[str]
    app: str | None
    allow: tuple[str, ...]
    root: str
    url: str
    job_timeout_s: float | None
    retry_jitter: float | None
    root_level: int
    worker_level: int
    worker_id: str
    allow_command: bool = False
    measure: bool = False
    result_ttl_s: float | None = None


class StartChild(Message, frozen=True):
    """To a fork server, with the descriptors of a pipe and of the shared memory: start a child."""

    child: int


class ChildStarted(Message, frozen=True):
    """From a fork server: a child's process id."""

    child: int
    pid: int


class Died(Message, frozen=True):
    """From a fork server: the exit status of a child, negative for a signal."""

    child: int
    status: int


class Booted(Message, frozen=True):
    """From a fork server: it is ready, with the schedules and types found; or `error` says why it is not."""

    error: str | None = None
    not_found: bool = False
    schedules: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


ToChild = Work | Cancel | Written | Leave
FromChild = Ready | TypeRules | Declined | Progressed | Noted | Bound | Logged | Ended
FromForkServer = Booted | ChildStarted | Died

encode = msgspec.msgpack.Encoder(enc_hook=str).encode
decode_for_child = msgspec.msgpack.Decoder(list[ToChild]).decode
decode_from_child = msgspec.msgpack.Decoder(list[FromChild]).decode
decode_from_fork_server = msgspec.msgpack.Decoder(list[FromForkServer]).decode
decode_boot = msgspec.msgpack.Decoder(Boot).decode
decode_for_fork_server = msgspec.msgpack.Decoder(list[StartChild]).decode
BROKEN_MESSAGE = (msgspec.DecodeError, ValueError)


def to_ended(number: int, settlement: Settlement, *, waits: bool) -> Ended:
    """Return the message for the ending of a run."""
    return Ended(
        number,
        settlement.ending,
        settlement.duration_s,
        settlement.result,
        _plain(settlement.error),
        settlement.delay_s,
        settlement.at,
        waits,
    )


def to_failed(ended: Ended, broken: Exception) -> Ended:
    """Return a failure to send in place of an ending that cannot be encoded."""
    error = RunError(BAD_ENDING, f"the ending that this run asked for cannot be kept: {type(broken).__name__}")
    return Ended(ended.number, Ending.FAILED, None, None, error, 0.0, None, ended.waits)


def to_noted(number: int, notes: Notes) -> Noted:
    """Return the message for the notes of a run."""
    usage = {plain_text(name): amount for name, amount in tuple(notes.usage.items())}
    return Noted(number, usage, notes.cpu_s, notes.peak_bytes, notes.result_ttl_s)


def plain_text(text: str) -> str:
    """Return a text that can be encoded: lone surrogates become question marks."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _plain(error: RunError | None) -> RunError | None:
    if error is None:
        return None
    return RunError(plain_text(error.class_name), plain_text(error.message), plain_text(error.traceback))
