"""Frames on a socket pair: four bytes of length, then the bytes of one batch of messages."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from threading import Lock

_HEAD = struct.Struct("!I")
READ_BYTES = 256 * 1024
FRAME_LIMIT_BYTES = 1024 * 1024 * 1024


class BrokenPipe(Exception):
    """The other side has sent a malformed frame."""


def framed(body: bytes) -> bytes:
    """Return a frame."""
    return _HEAD.pack(len(body)) + body


class Frames:
    """Splits the bytes that were read into whole frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, read: bytes) -> Iterator[bytes]:
        """Yield every frame that is complete now; raises BrokenPipe."""
        buffer = self._buffer
        buffer += read
        start = 0
        while len(buffer) - start >= _HEAD.size:
            (size,) = _HEAD.unpack_from(buffer, start)
            if size > FRAME_LIMIT_BYTES:
                message = f"a frame of {size} bytes"
                raise BrokenPipe(message)
            end = start + _HEAD.size + size
            if len(buffer) < end:
                break
            yield bytes(buffer[start + _HEAD.size : end])
            start = end
        del buffer[:start]


class WorkerEnd:
    """The worker's end of a pipe; it never blocks, as a handler may hold its interpreter for hours."""

    def __init__(self, pipe: socket.socket) -> None:
        pipe.setblocking(False)
        self.pipe = pipe
        self.over = False
        self._frames = Frames()
        self._unsent = bytearray()

    @property
    def has_unsent(self) -> bool:
        """Whether data waits to be sent until the other side reads."""
        return bool(self._unsent)

    def send(self, body: bytes) -> None:
        """Send a frame, now or when there is room."""
        self._unsent += framed(body)
        self.flush()

    def flush(self) -> None:
        """Send as much as the socket takes now."""
        while self._unsent and not self.over:
            try:
                sent = self.pipe.send(self._unsent)
            except BlockingIOError:
                return
            except OSError:
                # The other side is gone: its death is reported elsewhere, and the worker still holds its runs.
                self._unsent.clear()
                return
            del self._unsent[:sent]

    def receive(self) -> Iterator[bytes]:
        """Yield every frame received; `over` is set when the other side is gone; raises BrokenPipe."""
        while not self.over:
            try:
                read = self.pipe.recv(READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                read = b""
            if not read:
                self.over = True
                return
            yield from self._frames.feed(read)
            if len(read) < READ_BYTES:
                return

    def close(self) -> None:
        """Close the pipe."""
        self.over = True
        self.pipe.close()


class ChildEnd:
    """The child's end of a pipe: sends and receives block."""

    def __init__(self, pipe: socket.socket) -> None:
        pipe.setblocking(True)
        self.pipe = pipe
        self._frames = Frames()
        self._sending = Lock()

    def send(self, body: bytes) -> None:
        """Send a frame; raises OSError when the worker is gone."""
        with self._sending:
            self.pipe.sendall(framed(body))

    def receive(self) -> list[bytes]:
        """Wait for the next frames and return them; none when the worker is gone."""
        while True:
            try:
                read = self.pipe.recv(READ_BYTES)
            except OSError:
                read = b""
            if not read:
                return []
            frames = list(self._frames.feed(read))
            if frames:
                return frames
