"""Time in a worker: its clock, the waits of its threads, and the average durations of jobs by type."""

from __future__ import annotations

import time
from collections import OrderedDict
from contextlib import suppress
from threading import Lock, Thread
from typing import Protocol

from queuetui.model.chance import CHANCE

# On Linux this clock also counts while the machine sleeps, as the store's does: a lease does not outlive a suspend unseen.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# Bound here: a handler may replace the function in `time`, and leases must not depend on that.
_read_clock = time.clock_gettime
# Bound here, for the same reason.
draw = CHANCE.random
WEIGHT = 0.1
KEPT_TYPES = 1000


def steady_s() -> float:
    """Return seconds since some fixed point, never set back, the same in every process of this machine."""
    return _read_clock(_BOOT_CLOCK)


def jittered(span_s: float, spread: float = 0.25) -> float:
    """Return a span varied at random, so that workers do not act at the same time."""
    return span_s * (1 + spread * (2 * draw() - 1))


class Awaited(Protocol):
    """Something that a thread can wait for."""

    def wait(self, timeout: float) -> bool:
        """Wait until it has happened, for at most `timeout` seconds, and tell whether it has."""
        ...


class Clock:
    """The clock of a worker and its parts; a test may substitute one that lets an hour pass at once."""

    def now(self) -> float:
        """Return seconds since some fixed point, never set back."""
        return _read_clock(_BOOT_CLOCK)

    def wait(self, awaited: Awaited, span_s: float) -> bool:
        """Wait until something has happened, at most so long, and tell whether it has."""
        return awaited.wait(span_s)


class Wakeup:
    """Wakes one waiting thread: `ring` ends the current wait, or the next one.

    It is a lock that `ring` releases, which wakes the thread faster than an event, as an event takes other locks first.
    """

    def __init__(self) -> None:
        self._silence = Lock()
        self._silence.acquire()

    def ring(self) -> None:
        """End the current wait, or the next one."""
        # It was rung already, and no thread has waited since.
        with suppress(RuntimeError):
            self._silence.release()

    def wait(self, timeout: float) -> bool:
        """Wait for `ring`, for at most `timeout` seconds, and tell whether it was called."""
        return self._silence.acquire(timeout=max(0.0, timeout))


class EndOf:
    """The end of a thread, as something to wait for."""

    def __init__(self, thread: Thread) -> None:
        self._thread = thread

    def wait(self, timeout: float) -> bool:
        """Wait until the thread has ended, at most so long, and tell whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()


class Pace:
    """The average durations of jobs by type and by queue; written by one thread."""

    def __init__(self) -> None:
        self._types: OrderedDict[str, float] = OrderedDict()
        self._queues: OrderedDict[str, float] = OrderedDict()

    def record(self, queue: str, job_type: str, duration_s: float, runs: int = 1) -> None:
        """Record so many runs of one type with their average duration."""
        _blend(self._types, job_type, duration_s, runs)
        _blend(self._queues, queue, duration_s, runs)

    def type_average_s(self, job_type: str) -> float | None:
        """Return the average of a type, None when it is unknown."""
        return self._types.get(job_type)

    def queue_average_s(self, queue: str) -> float | None:
        """Return the average duration of the recent jobs of a queue, None when it is unknown."""
        return self._queues.get(queue)


def _blend(averages: OrderedDict[str, float], name: str, duration_s: float, runs: int) -> None:
    known = averages.get(name)
    if known is None and len(averages) >= KEPT_TYPES:
        averages.popitem(last=False)
    averages[name] = duration_s if known is None else known + (1 - (1 - WEIGHT) ** runs) * (duration_s - known)
