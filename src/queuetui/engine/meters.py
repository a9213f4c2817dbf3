"""Measures the processor time and memory of a run, around its handler."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

BYTES_PER_KB = 1024
_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_RESET_PEAK = "5"


class Meter(Protocol):
    """A measurement that begins when the meter is made."""

    def read(self, *, is_async: bool) -> tuple[float | None, int | None]:
        """Return the processor time since then and the peak memory; None for what cannot be measured."""
        ...


class ThreadMeter:
    """Measures the processor time of the calling thread; its memory cannot be told from other threads'."""

    def __init__(self) -> None:
        self._began_s = time.thread_time()

    def read(self, *, is_async: bool) -> tuple[float | None, int | None]:
        """Return the thread's time."""
        return (None if is_async else time.thread_time() - self._began_s), None


class ProcessMeter:
    """Measures processor time and memory of this process and its children; it runs one handler at a time."""

    def __init__(self) -> None:
        with suppress(OSError):
            _CLEAR_REFS.write_text(_RESET_PEAK, encoding="ascii")
        self._began_s = _used_s()

    def read(self, *, is_async: bool) -> tuple[float | None, int | None]:
        """Return the process' time and peak."""
        return _used_s() - self._began_s, peak_bytes()


def peak_bytes() -> int:
    """Return the peak memory of this process since the last reset, or its start if it cannot be reset."""
    with suppress(OSError):
        for line in _STATUS.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * BYTES_PER_KB
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * BYTES_PER_KB


def _used_s() -> float:
    import resource

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
