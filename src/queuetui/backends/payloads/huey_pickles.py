"""Reads Huey's pickled messages and what it stores of a run; none of them is unpickled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from queuetui.backends.payloads.containers import GZIP, SIGNED, ZLIB
from queuetui.backends.payloads.decoder import Decoder
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.pickle_times import read_time, time_of
from queuetui.backends.payloads.python_traceback import read_traceback_or_repr
from queuetui.model.job import JobError
from queuetui.model.state import State

# The arguments of a message in their order; older versions have fewer.
_FIELDS = """
id name eta retries retry_delay priority args kwargs on_complete on_error expires expires_resolved timeout chord_config retry_backoff
""".split()  # noqa: SIM905 - as many quotes would hide the names
ETA = _FIELDS.index("eta")
_SHOWN = ("args", "kwargs")
# The class of a message, its id and its name, each with its length and remembered, and nothing or a time, by protocols 4 and 5.
_SHORT = b"(?:%b)" % b"|".join(b"%b.{%d}" % (re.escape(bytes([size])), size) for size in range(128))
_HEAD = re.compile(
    rb"\x80[\x04\x05]\x95.{8}\x8c\rhuey\.registry\x94\x8c\x07Message\x94\x93\x94\(\x8c(?P<id>%b)\x94\x8c(?P<name>%b)\x94"
    rb"(?:N|\x8c\x08datetime\x94\x8c\x08datetime\x94\x93\x94C\n(?P<time>.{10})\x94\x85\x94R)" % (_SHORT, _SHORT),
    re.DOTALL,
)
DECODER = Decoder((GZIP, ZLIB, SIGNED), (PICKLE,))
# The frame behind that of Huey itself is the task's own function.
_TASK_FRAME = re.compile(
    r"in execute\n[^\n]*\n(?:[ ^~]*\n)?  File \"(?:[^\"]*[/\\])?(?!__init__)([^\"/\\]+?)(?:[/\\]__init__)?(?:\.py)?\", line \d+, in (\w+)"
)
_CANCELLING = "CancelExecution"


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


@dataclass(frozen=True, slots=True)
class HueyEnd:
    """What is stored under a task's id once a run has ended: its value, or its error."""

    text: str
    error: JobError | None = None
    # How many retries were left after an error.
    retries: int = 0
    # As the traceback tells it.
    name: str = "?"
    # The id of the task that ended so: behind one that fails its whole pipeline has its error.
    task_id: str = ""

    @property
    def state(self) -> State:
        """The state of a task that is not tried again."""
        if self.error is None:
            return State.COMPLETED
        is_cancelled = self.error.class_name.raw.rpartition(".")[2] == _CANCELLING
        return State.CANCELLED if is_cancelled else State.FAILED

    def has_run(self, task_id: str) -> bool:
        """Tell whether it is of a run of a task itself."""
        return self.task_id in ("", task_id)


@lru_cache(maxsize=5_000)
def read_message(raw: bytes) -> HueyMessage | None:
    """Return what a message says, None where it cannot be read."""
    decoded = DECODER.decode(raw)
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
    decoded = DECODER.decode(raw)
    args = _made(decoded.text, "Error")
    said = args[0] if args and isinstance(args[0], dict) else None
    if said is None:
        return HueyEnd(decoded.text or decoded.problem)
    trace = str(said.get("traceback") or "")
    frame = _TASK_FRAME.search(trace)
    name = f"{frame[1]}.{frame[2]}" if frame else "?"
    error = read_traceback_or_repr(trace, str(said.get("error") or ""))
    return HueyEnd("", error, _whole(said.get("retries")) or 0, name, str(said.get("task_id") or ""))


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
