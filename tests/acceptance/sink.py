"""The independent record: one line an event, appended whole, on the clock that all processes of a host share."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SINK_VARIABLE = "SOAK_SINK"


@dataclass(frozen=True, slots=True)
class Event:
    """One line: what happened (`start`, `end`, `fail`, `enqueued`, `killed`), when by both clocks, in which process, to which run."""

    kind: str
    boot_ns: int
    wall_ns: int
    pid: int
    job_id: str = "-"
    fence: int = 0
    number: int = 0


class Sink:
    """Appends events to a file; a line is one write, so lines of several processes never mix."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, kind: str, job_id: str = "-", fence: int = 0, number: int = 0, pid: int | None = None) -> None:
        """Append one event."""
        boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        line = f"{kind} {boot_ns} {time.time_ns()} {pid or os.getpid()} {job_id} {fence} {number}\n"
        os.write(self._file, line.encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def read_events(path: Path) -> Iterator[Event]:
    """Yield the events in the order in which they were written."""
    with path.open(encoding="ascii") as lines:
        for line in lines:
            kind, boot_ns, wall_ns, pid, job_id, fence, number = line.split()
            yield Event(kind, int(boot_ns), int(wall_ns), int(pid), job_id, int(fence), int(number))
