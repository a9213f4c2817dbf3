"""Ends a process with its parent, and kills a process with all that it started."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress

import psutil

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have this process killed when the thread that started it ends; this works on Linux only.

    Elsewhere the process notices the end of its pipe, but not while a handler holds the interpreter.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def signal_group(leader: int, number: signal.Signals) -> None:
    """Signal a process and its process group; a process that is gone already is no error."""
    for send in (os.killpg, os.kill):
        # A child that was just forked may not be the leader of its group yet.
        with suppress(ProcessLookupError, PermissionError):
            send(leader, number)
            return


def is_dead(pid: int) -> bool:
    """Tell whether a process runs no more."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds, zero when it is gone."""
    try:
        return psutil.Process(pid).memory_info().rss / (1024 * 1024)
    except psutil.Error:
        return 0.0


def describe_death(status: int) -> str:
    """Return in words how a process ended."""
    if status >= 0:
        return f"its process ended by itself with exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = "; the system kills so when memory runs out" if -status == signal.SIGKILL else ""
    return f"its process was killed by {name}{hint}"
