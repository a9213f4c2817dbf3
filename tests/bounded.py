"""A process that ends with the block of a test, whatever fails in it."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LONGEST_S = 120


@contextmanager
def bounded(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Wait for a process after the block; where the block fails or it runs too long, kill it."""
    # A stream that stays silent would be waited for without end.
    guard = threading.Timer(LONGEST_S, process.kill)
    guard.start()
    try:
        with process:
            try:
                yield
            except BaseException:
                process.kill()
                raise
    finally:
        guard.cancel()
