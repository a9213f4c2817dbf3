"""The notes of a run (usage, measurements, log), collected in memory until they are written."""

from __future__ import annotations

from collections import deque
from math import inf
from threading import Lock

from queuetui.model.job import ClaimedJob
from queuetui.model.names import shown
from queuetui.model.run_notes import (
    COUNTER_NAME_CHARS,
    COUNTERS_A_RUN,
    LARGEST_COUNT,
    LOG_CAP_CHARS,
    LOG_LINES,
    RunNotes,
)


class Notes:
    """The notes of one run, made with its first note, for any thread; `version` grows with every change."""

    __slots__ = (
        "_chars",
        "_cut",
        "_lines",
        "_lock",
        "cpu_s",
        "log_written",
        "peak_bytes",
        "result_ttl_s",
        "usage",
        "version",
        "written",
    )

    def __init__(self) -> None:
        self.usage: dict[str, float] = {}
        self.cpu_s: float | None = None
        self.peak_bytes: int | None = None
        self.result_ttl_s: float | None = None
        self.version = 0
        self.written = 0
        self.log_written = False
        self._lines: deque[str] = deque()
        self._chars = 0
        self._cut = 0
        self._lock = Lock()

    def count(self, name: str, amount: float) -> None:
        """Add to a counter; raises TypeError or ValueError for an invalid name or amount, or too many names."""
        if not isinstance(name, str):
            raise TypeError(f"{shown(name)} is no name of a counter; give a text")
        amount = _read_amount(amount)
        name = str.__str__(name)
        if not name or len(name) > COUNTER_NAME_CHARS or not name.isprintable():
            message = f"{name[:80]!r} is no name of a counter; use 1 to {COUNTER_NAME_CHARS} printable characters"
            raise ValueError(message)
        with self._lock:
            if name not in self.usage and len(self.usage) >= COUNTERS_A_RUN:
                message = f"counter {name!r} is one more than the {COUNTERS_A_RUN} that a run may have; use fewer names"
                raise ValueError(message)
            before = self.usage.get(name, 0.0)
            if not (abs(amount) <= LARGEST_COUNT and abs(before + amount) <= LARGEST_COUNT):
                message = (
                    f"this cannot be added to counter {name!r}; count finite numbers, together up to {LARGEST_COUNT:g}"
                )
                raise ValueError(message)
            self.usage[name] = before + amount
            self.version += 1

    def mark(self, name: str) -> None:
        """Set a counter to 1, however often it is called, unless the run has the most counters allowed."""
        with self._lock:
            if name in self.usage or len(self.usage) < COUNTERS_A_RUN:
                self.usage[name] = 1.0
                self.version += 1

    def add_line(self, text: str) -> None:
        """Keep a log line; the oldest lines are dropped when there are too many."""
        with self._lock:
            for line in text.split("\n"):
                kept = line[:LOG_CAP_CHARS]
                self._lines.append(kept)
                self._chars += len(kept) + 1
            while len(self._lines) > LOG_LINES or self._chars > LOG_CAP_CHARS + 1:
                self._chars -= len(self._lines.popleft()) + 1
                self._cut += 1
            self.version += 1

    def measure(self, cpu_s: float | None, peak_bytes: int | None) -> None:
        """Keep the measured usage of the run, unless its handler has set its own."""
        with self._lock:
            self.cpu_s = cpu_s if self.cpu_s is None else self.cpu_s
            self.peak_bytes = peak_bytes if self.peak_bytes is None else self.peak_bytes
            self.version += 1

    def expire_result(self, ttl_s: float) -> None:
        """Set how long the result is to be kept."""
        with self._lock:
            self.result_ttl_s = ttl_s
            self.version += 1

    def take(self, usage: dict[str, float], cpu_s: float | None, peak_bytes: int | None, ttl_s: float | None) -> None:
        """Take over the notes from another process."""
        with self._lock:
            self.usage, self.cpu_s, self.peak_bytes, self.result_ttl_s = usage, cpu_s, peak_bytes, ttl_s
            self.version += 1

    def describe(self, job: ClaimedJob, *, log: bool, completed: bool = False) -> RunNotes | None:
        """Return the notes to write now, with the log or without; None if there are none."""
        with self._lock:
            told = RunNotes(
                job.id,
                job.fence,
                job.type,
                dict(self.usage),
                self.cpu_s,
                self.peak_bytes,
                "\n".join(self._lines) if log and self._lines else None,
                self._cut if log else 0,
                self.result_ttl_s if completed else None,
            )
        tells = told.usage or (told.cpu_s, told.peak_bytes, told.log, told.result_ttl_s) != (None, None, None, None)
        return told if tells else None


def _read_amount(amount: object) -> float:
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        raise TypeError(f"{shown(amount)} cannot be counted; give a number")
    try:
        return float(amount)
    except OverflowError:
        return inf
