"""The independent record: one line of JSON an event, appended whole, on the clock that all processes of a host share."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

SINK_VARIABLE = "ACCEPTANCE_SINK"
EVENTS = ".events"
INVOKE, OK, FAIL, UNKNOWN = "invoke", "ok", "fail", "unknown"
BEGIN, END = "begin", "end"


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened, when by both clocks, in which process, to what; see the package for the fields of each kind."""

    kind: str
    boot_ns: int
    wall_ns: int
    pid: int
    phase: str = ""
    call: str = ""
    job_id: str = ""
    fence: int = 0
    since_ns: int = 0
    worker: int = 0
    lease_s: float = 0.0
    queue: str = ""
    digest: str = ""
    attempt: int = 0
    key: str = ""
    group: str = ""
    due_us: int = 0
    until_us: int = 0
    lease_id: str = ""
    outcome: str = ""
    holder: str = ""
    verb: str = ""
    before: str = ""
    after: str = ""
    fault: str = ""
    count: int = 0
    detail: str = ""


def digest_of(payload: bytes) -> str:
    """Return a short digest of a payload, the same on both ends."""
    return hashlib.sha256(payload).hexdigest()[:16]


class Sink:
    """Appends events to a file; a line is one write, so lines of several processes never mix."""

    def __init__(self, path: str | Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._encode = msgspec.json.Encoder().encode

    def write(self, kind: str, *, pid: int = 0, boot_ns: int = 0, **values: Any) -> Event:
        """Append one event that happened now, or at `boot_ns`."""
        at_ns = boot_ns or time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        event = Event(kind, at_ns, time.time_ns(), pid or os.getpid(), **values)
        os.write(self._file, self._encode(event) + b"\n")
        return event

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events of a file in the order in which they were written; a last line that a kill cut short is left out."""
    decode = msgspec.json.Decoder(Event).decode
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield decode(line)
