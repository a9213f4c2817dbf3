"""Keeps the end of a process's output, however long it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Thread
from typing import IO

READ_BYTES = 32 * 1024


class Tail:
    """Reads a pipe in a thread, so that the writer never blocks, and keeps the last `cap` bytes."""

    def __init__(self, pipe: IO[bytes], cap: int, hear: Callable[[bytes], object] | None = None) -> None:
        self._pipe = pipe
        self._cap = cap
        self._hear = hear
        self._kept = bytearray()
        self._total = 0
        self._thread = Thread(target=self._read, name="queuetui-output", daemon=True)
        self._thread.start()

    @property
    def cut_bytes(self) -> int:
        """How many bytes before the kept ones were dropped."""
        return max(0, self._total - self._cap)

    def end(self, within_s: float) -> bool:
        """Wait for the end of the pipe; False when a process still holds it open."""
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def text(self) -> str:
        """Return the kept bytes as text; those that are no UTF-8 are replaced."""
        return bytes(self._kept[-self._cap :]).decode("utf-8", "replace")

    def _read(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), READ_BYTES):
                self._total += len(chunk)
                self._kept += chunk
                if len(self._kept) > 2 * self._cap:
                    del self._kept[: -self._cap]
                if self._hear is not None:
                    self._hear(chunk)
