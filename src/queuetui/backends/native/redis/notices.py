"""How a worker hears of new jobs on Redis: a connection of its own that is subscribed to what enqueues publish."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

LOOK_UP_S = 1.0
CONNECT_AGAIN_S = 5.0
# Nothing else tells a connection that the network has forgotten from one on which there is no news.
HEARTBEAT_S = 20.0


class Notices:
    """A thread that listens until it is closed; while the server is away nothing is heard, and polling goes on."""

    def __init__(self, connect: Callable[[], Any], channel: str, hear: Callable[[str], None]) -> None:
        self._connect = connect
        self._channel = channel
        self._hear = hear
        self._over = threading.Event()
        threading.Thread(target=self._run, name="queuetui-notices", daemon=True).start()

    @property
    def address(self) -> None:
        """Nowhere: the server passes notices on."""

    def close(self) -> None:
        """Listen no more."""
        self._over.set()

    def _run(self) -> None:
        from redis.exceptions import RedisError

        while not self._over.is_set():
            try:
                self._listen(self._connect())
            except (RedisError, OSError):
                self._over.wait(CONNECT_AGAIN_S)

    def _listen(self, connection: Any) -> None:  # noqa: ANN401 - the driver types only a part of its methods
        try:
            connection.send_command("SUBSCRIBE", self._channel)
            heard_s, is_asked = monotonic(), False
            while not self._over.is_set():
                if connection.can_read(timeout=LOOK_UP_S):
                    kind, *_, data = connection.read_response()
                    heard_s, is_asked = monotonic(), False
                    if kind == b"message":
                        self._hear(data.decode("utf-8", "replace"))
                elif monotonic() - heard_s > HEARTBEAT_S:
                    if is_asked:
                        return
                    connection.send_command("PING")
                    heard_s, is_asked = monotonic(), True
        finally:
            connection.disconnect()
