"""Receives the server's notifications of new jobs, on a connection and a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

LOOK_UP_S = 1.0
CONNECT_AGAIN_S = 5.0
# Only a heartbeat distinguishes a connection that the network has dropped from one without notifications.
HEARTBEAT_S = 20.0


class Notices(ABC):
    """A thread that listens until it is closed; while the server is unreachable, polling goes on.

    It has no `address`: clients notify the server, and the server notifies this thread.
    """

    address: None = None

    def __init__(self, hear: Callable[[str], None]) -> None:
        self.hear = hear
        self.over = threading.Event()

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._run, name="queuetui-notices", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.over.set()

    @abstractmethod
    def listen(self) -> None:
        """Connect and receive until `over` is set or the connection breaks."""

    @abstractmethod
    def trouble(self) -> tuple[type[Exception], ...]:
        """Return the exceptions that `listen` raises when the server is unreachable."""

    def _run(self) -> None:
        trouble = self.trouble()
        while not self.over.is_set():
            try:
                self.listen()
            except trouble:
                self.over.wait(CONNECT_AGAIN_S)
