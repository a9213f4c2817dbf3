"""Hears of new jobs where the server passes news on, on a connection and a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable

LOOK_UP_S = 1.0
CONNECT_AGAIN_S = 5.0
# Nothing else tells a connection that the network has forgotten from one on which there is no news.
HEARTBEAT_S = 20.0


class Notices(ABC):
    """A thread that listens until it is closed; while the server is away, polling goes on.

    Nobody rings at an `address`: the server passes notices on.
    """

    address: None = None

    def __init__(self, hear: Callable[[str], None]) -> None:
        self.hear = hear
        self.over = threading.Event()

    def start(self) -> None:
        """Begin to listen."""
        threading.Thread(target=self._run, name="queuetui-notices", daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self.over.set()

    @abstractmethod
    def listen(self) -> None:
        """Connect and hear until `over`, or until the connection is no good."""

    @abstractmethod
    def trouble(self) -> tuple[type[Exception], ...]:
        """Return what `listen` raises when the server is away."""

    def _run(self) -> None:
        trouble = self.trouble()
        while not self.over.is_set():
            try:
                self.listen()
            except trouble:
                self.over.wait(CONNECT_AGAIN_S)
