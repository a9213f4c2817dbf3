"""The latest messages of the live updates, kept once for all clients.

Each message has a number. A client receives the messages after the number that it received last, so no client has its own
buffer: a slow or dead client holds only its place, and one that reconnects continues from there as long as the messages are kept.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from uuid import uuid4

AT_ONCE = 100
# A client that was admitted and has not begun to listen after this time counts as disconnected.
COMING_S = 5.0
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class LiveMessage:
    """One message; `kind` is event or stats, `data` its JSON, `backend` and `queue` are its subject."""

    number: int
    kind: str
    backend: str
    queue: str | None
    data: str


class LiveLog:
    """The newest messages; written from any thread, awaited in one event loop."""

    def __init__(self, kept: int) -> None:
        self._lock = Lock()
        self._messages: deque[LiveMessage] = deque(maxlen=kept)
        self._newest = 0
        # Numbers begin anew with each server process, so an id names the process too.
        self._run = uuid4().hex[:12]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: set[asyncio.Event] = set()
        self._places: set[object] = set()
        self._coming: dict[object, float] = {}
        self.pushed = 0
        self.is_over = False

    @property
    def newest(self) -> int:
        """The number of the newest message, 0 before the first."""
        return self._newest

    @property
    def clients(self) -> int:
        """The number of listening clients."""
        return len(self._places)

    def expect(self, place: object, most: int) -> bool:
        """Reserve one of `most` places for a client about to listen; tell whether one was free."""
        with self._lock:
            now_s = time.monotonic()
            self._coming = {one: at_s for one, at_s in self._coming.items() if now_s - at_s < COMING_S}
            if len(self._places) + len(self._coming) >= most:
                return False
            self._coming[place] = now_s
        return True

    def enter(self, place: object) -> None:
        """Count a client that listens from now on."""
        self._loop = asyncio.get_running_loop()
        with self._lock:
            self._coming.pop(place, None)
            self._places.add(place)

    def leave(self, place: object) -> None:
        """Free the place of a client that listened or was about to."""
        with self._lock:
            self._coming.pop(place, None)
            self._places.discard(place)

    def write(self, kind: str, backend: str, queue: str | None, data: str) -> None:
        """Add a message and wake the clients that wait."""
        with self._lock:
            self._newest += 1
            self._messages.append(LiveMessage(self._newest, kind, backend, queue, data))
        self._wake()

    def skip(self) -> None:
        """Record that messages were left out, so that each client reads anew what it shows."""
        with self._lock:
            self._newest += 1
            self._messages.clear()
        self._wake()

    def after(self, number: int) -> tuple[LiveMessage, ...] | None:
        """Return the next messages after a number, at most AT_ONCE.

        None where some of them are no longer kept.
        """
        with self._lock:
            oldest = self._newest - len(self._messages) + 1
            if not oldest - 1 <= number <= self._newest:
                return None
            begin = number + 1 - oldest
            return tuple(islice(self._messages, begin, begin + AT_ONCE))

    def id_of(self, number: int) -> str:
        """Return the id of a number, which clients receive."""
        return f"{self._run}-{number}"

    def number_of(self, message_id: str) -> int | None:
        """Return the number of an id, None for an id of another run and any other text."""
        run, _, digits = message_id.rpartition("-")
        is_number = digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS
        return int(digits) if run == self._run and is_number else None

    async def wait(self, number: int, seconds: float) -> None:
        """Wait until there is a message after a number, the log ends, or the time is up."""
        bell = asyncio.Event()
        self._waiting.add(bell)
        try:
            if self._newest == number and not self.is_over:
                async with asyncio.timeout(seconds):
                    await bell.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(bell)

    def end(self) -> None:
        """End the waits of all clients."""
        self.is_over = True
        self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        for bell in self._waiting:
            bell.set()
