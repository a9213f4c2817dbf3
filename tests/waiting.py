"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T], timeout_s: float = 30, *, interval_s: float = 0.02, awaiting: str = "") -> T:
    """Poll until the condition answers something true and return it, or fail naming what was awaited."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            msg = f"waited {timeout_s:g} s in vain for {awaiting or _source(condition)}; last answer: {answer!r}"
            raise AssertionError(msg)
        pause.wait(interval_s)


def _source(condition: Callable[[], object]) -> str:
    try:
        return " ".join(inspect.getsource(condition).split())
    except (OSError, TypeError):
        return repr(condition)
