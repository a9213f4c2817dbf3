"""Gives processes that a handler forks the default signals, and ends them where the handler returns."""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from threading import local
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]
ENDS_WITHIN_S = 2.0

_before: dict[int, Any] = {}
_held = local()


class _Ancestry:
    """The number of forks between the first process and this one; cheaper to read than the process id."""

    __slots__ = ("forks",)

    def __init__(self) -> None:
        self.forks = 0


ancestry = _Ancestry()


def catch(number: signal.Signals, handler: Handler) -> None:
    """Catch a signal in this process, but not in those that are forked from it."""
    _before.setdefault(number, signal.getsignal(number))
    signal.signal(number, handler)


def release(*numbers: signal.Signals) -> None:
    """Restore the handlers that the signals had before `catch`."""
    for number in numbers:
        # Python returns None for a handler that was not set by Python.
        signal.signal(number, _before.pop(number, None) or signal.SIG_DFL)


def _hold_back() -> None:
    """Block signals during a fork until the child has removed the worker's handlers."""
    _held.mask = signal.pthread_sigmask(signal.SIG_BLOCK, _before)


def _let_through() -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, _held.mask)


def _release_all() -> None:
    ancestry.forks += 1
    if _before:
        signal.set_wakeup_fd(-1)
        release(*map(signal.Signals, _before))
        _open_stderr()
    _let_through()


def _open_stderr() -> None:
    """Open stderr again: if another thread was writing a line, its lock is never released in this process."""
    before = sys.stderr
    with suppress(Exception):
        sys.stderr = open(os.dup(before.fileno()), "w", buffering=1, errors="backslashreplace")  # noqa: PTH123, SIM115 - a descriptor, for good
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is before:
            handler.stream = sys.stderr


os.register_at_fork(before=_hold_back, after_in_parent=_let_through, after_in_child=_release_all)


def end_fork(error: BaseException | None = None) -> None:
    """Exit this process, which a handler forked, as it returns from the handler to the worker's code."""
    code = 0 if error is None else 1
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    elif error is not None:
        traceback.print_exception(error)
    with suppress(Exception):
        sys.stdout.flush()
    os._exit(code & 0xFF)


def end_children() -> None:
    """End `multiprocessing` processes that handlers left behind: Python would wait for them at its exit."""
    loaded = sys.modules.get("multiprocessing")
    children = loaded.active_children() if loaded is not None else []
    for child in children:
        child.terminate()
    for child in children:
        child.join(ENDS_WITHIN_S)
        if child.is_alive():
            child.kill()
