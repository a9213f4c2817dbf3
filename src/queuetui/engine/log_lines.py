"""Writes log lines to a stream without blocking the worker when the stream is not read."""

from __future__ import annotations

import fcntl
import io
import logging
import os
import stat
import sys
import termios
from select import PIPE_BUF, POLLOUT, poll
from typing import TextIO

# In pieces of so much a line that is longer than the stream takes at once: less than PIPE_BUF, in any alphabet.
PIECE_CHARS = 1000
PATIENCE_S = 1.0


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes lines as long as the stream takes them.

    A pipe that nobody reads and a stopped terminal (Ctrl+S) take nothing: lines are dropped then, and their number is logged
    once there is room again. The thread that logs may hold leases, so it waits for room once, for a second at most.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lost = 0
        self._is_cut = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or drop it."""
        try:
            line = self.format(record) + self.terminator
            if self._lost:
                if not self._has_room(0.0):
                    self._lost += 1
                    return
                rest = self.terminator if self._is_cut else ""
                line = f"{rest}{self._tell_lost()}{self.terminator}{line}"
                self._lost = 0
            self._write(line)
        except Exception:  # noqa: BLE001 - a record may hold anything, and no log handler raises
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - Python's own name
        """Drop a line whose stream is closed: the traceback would go to whatever stderr is by then."""
        if not self.stream.closed and not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def _write(self, line: str) -> None:
        """Write a line, in one piece where the stream takes it.

        Others who write to the same stream would mix their lines between two pieces.
        """
        self._is_cut = False
        while line:
            if not self._has_room(PATIENCE_S):
                self._lost = 1
                return
            is_taken = len(line.encode("utf-8", "replace")) <= self._free_bytes()
            piece, line = (line, "") if is_taken else (line[:PIECE_CHARS], line[PIECE_CHARS:])
            self.stream.write(piece)
            self.stream.flush()
            self._is_cut = bool(line)

    def _free_bytes(self) -> int:
        """Return how much a stream that has room takes at once; a file takes all."""
        try:
            descriptor = self.stream.fileno()
        except (io.UnsupportedOperation, AttributeError):
            return sys.maxsize
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode):
            return sys.maxsize
        if not stat.S_ISFIFO(mode) or not hasattr(fcntl, "F_GETPIPE_SZ"):
            return PIPE_BUF
        waiting = int.from_bytes(fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4)), sys.byteorder)
        # What waits to be read may fill its pages by half.
        return max(PIPE_BUF, fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ) - 2 * waiting)

    def _has_room(self, within_s: float) -> bool:
        """Tell whether the stream takes a piece at once; one without a descriptor always does."""
        try:
            descriptor = self.stream.fileno()
        except (io.UnsupportedOperation, AttributeError):
            return True
        room = poll()
        room.register(descriptor, POLLOUT)
        return bool(room.poll(within_s * 1000))

    def _tell_lost(self) -> str:
        told = logging.LogRecord("queuetui.worker", logging.WARNING, "", 0, "log_lines_lost", (), None)
        vars(told)["queuetui_fields"] = {"lines": self._lost, "reason": "nobody read this stream"}
        return self.format(told)
