"""Notifications on Redis: the channels that enqueues and events publish to."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

from queuetui.backends import notices


class RedisNotices(notices.Notices):
    """A subscription to a channel."""

    def __init__(self, connect: Callable[[], Any], channel: str, hear: Callable[[str], None]) -> None:
        super().__init__(hear)
        self._connect = connect
        self._channel = channel
        self.start()

    def trouble(self) -> tuple[type[Exception], ...]:
        """Return the classes of errors that end a subscription: the driver's and the system's."""
        from redis.exceptions import RedisError

        return (RedisError, OSError)

    def listen(self) -> None:
        """Listen until stopped, or until the server leaves a ping unanswered."""
        connection = self._connect()
        try:
            connection.send_command("SUBSCRIBE", self._channel)
            heard_s, is_asked = monotonic(), False
            while not self.over.is_set():
                if connection.can_read(timeout=notices.LOOK_UP_S):
                    kind, *_, data = connection.read_response()
                    heard_s, is_asked = monotonic(), False
                    if kind == b"message":
                        self.hear(data.decode("utf-8", "replace"))
                elif monotonic() - heard_s > notices.HEARTBEAT_S:
                    if is_asked:
                        return
                    connection.send_command("PING")
                    heard_s, is_asked = monotonic(), True
        finally:
            connection.disconnect()
