"""Reads what Celery writes of a task's run, in any of its serialisers, inertly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.model.job import JobError
from queuetui.model.text import Untrusted

ENDED = ("SUCCESS", "FAILURE", "REVOKED")
# All serialisers that are read write the status first (YAML does not); JSON is known by its quotes, others by a word of Celery's own.
_HEAD = re.compile(rb'\{"status": "(\w+)"|.{0,20}?status.{1,10}?(SUCCESS|FAILURE|REVOKED|RETRY|STARTED)', re.DOTALL)
_STORED = Decoder((), (PICKLE, JSON, MSGPACK))
# The error of a chord's body, and the frame that the traceback of each task that ran begins with.
# Where a traceback begins: before the last one stand those of its causes.
_TRACE = "Traceback (most recent call last):"
CHORD_ERROR, IN_TASK = "ChordError", ", in trace_task"
# What a worker stores of an exception that it cannot pickle: its module, class and arguments are those of the stored one.
_WRAPPER = "UnpickleableExceptionWrapper"
# What a worker stores of a task that it drops since a person revoked it.
REVOKED_ERROR = {"exc_type": "TaskRevokedError", "exc_message": ["revoked"], "exc_module": "celery.exceptions"}


@dataclass(frozen=True, slots=True)
class CeleryResult:
    """What is stored about a task.

    `status` is empty where it cannot be read, and `in_json` tells the serialiser.
    """

    said: Mapping[str, Any]
    in_json: bool = True

    @property
    def status(self) -> str:
        """Celery's word for what became of the task, or the application's own while it runs."""
        return str(self.said.get("status") or "")

    @property
    def is_run(self) -> bool:
        """Whether the task was begun and has not ended."""
        return self.status not in ("", "PENDING", "RETRY", *ENDED)

    @property
    def done(self) -> str:
        """When the task ended, as it is written."""
        return str(self.said.get("date_done") or "")

    @property
    def route(self) -> str:
        """The routing key by which the task came, stored with result_extended."""
        return str(self.said.get("queue") or "")

    @property
    def call(self) -> tuple[str, list[Any], dict[str, Any]] | None:
        """The task's name and arguments, which are stored only with result_extended."""
        match self.said:
            case {"name": str(name), "args": list(args), "kwargs": dict(kwargs)}:
                return name, args, kwargs
        return None

    def read_call(self) -> tuple[str, str, str]:
        """Return what was called and with what as JSON, as far as that is stored, and no problem."""
        name, args, kwargs = self.call or (self.said.get("name"), self.said.get("args"), self.said.get("kwargs"))
        if not isinstance(name, str):
            return "?", "", ""
        # django-celery-results stores the words for people that a message has of its arguments.
        return name, json.dumps({"args": args, "kwargs": kwargs}, ensure_ascii=False), ""

    @property
    def retries(self) -> int | None:
        """How often it was tried again, stored with result_extended."""
        retries = self.said.get("retries")
        return retries if isinstance(retries, int) and not isinstance(retries, bool) else None

    @property
    def worker(self) -> Untrusted | None:
        """The worker, stored with result_extended, or while the task runs."""
        run = self.said.get("result")
        name = self.said.get("worker") or (run.get("hostname") if self.is_run and isinstance(run, dict) else None)
        return Untrusted(str(name)) if name else None

    @property
    def is_unrun(self) -> bool:
        """Whether it failed without a worker: the rest of a failed chain, the body of a failed chord.

        Of a chain that is told with result_extended alone, of a chord by the traceback, which is of no task.
        """
        error = self.error if self.status == "FAILURE" else None
        if error is None:
            return False
        is_body = error.class_name.raw == CHORD_ERROR and IN_TASK not in error.traceback.raw.rpartition(_TRACE)[2]
        return is_body or (bool(self.said.get("name")) and "worker" in self.said and not self.said["worker"])

    @property
    def has_run(self) -> bool:
        """Whether a worker began it, which is told of what was revoked by the reason alone."""
        return self._raised[1] == ["terminated"] if self.status == "REVOKED" else not self.is_unrun

    @property
    def returned(self) -> Untrusted | None:
        """What the task returned, or told of itself while it runs."""
        if self.status not in ("FAILURE", "RETRY", "REVOKED", "STARTED") and self.said.get("result") is not None:
            return Untrusted(json.dumps(self.said["result"], ensure_ascii=False))
        return None

    @property
    def error(self) -> JobError | None:
        """The error of a run that failed or is tried again."""
        name, said = self._raised
        if self.status not in ("FAILURE", "RETRY") or not name:
            return None
        trace = Untrusted(str(self.said.get("traceback") or ""))
        return JobError(Untrusted(name), Untrusted(_join(said)), trace)

    @property
    def _raised(self) -> tuple[str, object]:
        """The class of the exception that is stored and what it was made with, no class where there is none."""
        match self.said.get("result"):
            case {"exc_type": str(name), **rest}:
                said = rest.get("exc_message") or ""
            case {"__class__": str(name), **rest}:
                said = rest.get("args", "")
            case _:
                return "", ""
        match said:
            case [_, str(inner), list(args), *_] if name.endswith(_WRAPPER):
                name, said = inner, args
        return name.rpartition(".")[2], said


def read_result(raw: bytes | None) -> CeleryResult:
    """Return what stands in a result; of one that was read in part no more than its status."""
    text = _STORED.decode(raw or b"").text
    said = json.loads(text) if text else None
    if isinstance(said, dict):
        return CeleryResult(said, in_json=(raw or b"")[:1] == b"{")
    head = _HEAD.match(raw or b"")
    status = {"status": (head[1] or head[2]).decode("ascii")} if head else {}
    return CeleryResult(status, in_json=bool(head and head[1]))


def read_columns(columns: Mapping[str, object]) -> CeleryResult:
    """Return what stands in the columns of a database, each of which is serialised by itself."""
    told = {name: _value_of(one) if isinstance(one, bytes) else one for name, one in columns.items()}
    packed = [one for one in columns.values() if isinstance(one, bytes)]
    return CeleryResult(told, in_json=all(_is_json(one) for one in packed))


def write_revoked(task_id: str, done: str) -> bytes:
    """Return the result that a worker writes of a task which it drops as revoked."""
    told = {
        "status": "REVOKED",
        "result": REVOKED_ERROR,
        "traceback": None,
        "children": None,
        "date_done": done,
        "task_id": task_id,
    }
    return json.dumps(told).encode()


def _value_of(raw: bytes) -> object:
    text = _STORED.decode(raw).text
    try:
        return json.loads(text or raw)
    except (ValueError, RecursionError):
        return None


def _is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return True


def _join(said: object) -> str:
    return ", ".join(map(str, said)) if isinstance(said, list) else str(said)
