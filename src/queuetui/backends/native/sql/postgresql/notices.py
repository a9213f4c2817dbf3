"""News of PostgreSQL: what enqueues notify."""

from __future__ import annotations

import selectors
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from queuetui.backends.native import notices

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn

    from queuetui.backends.native.sql.session import Row

READY = "queuetui_ready"
TOLD = "queuetui_told"


class PostgresqlNotices(notices.Notices):
    """Listens to channels."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection[Row]], hear: Callable[[str], None], *channels: str
    ) -> None:
        super().__init__(hear)
        self._connect = connect
        self._channels = channels
        self.start()

    def trouble(self) -> tuple[type[Exception], ...]:
        """Return the driver's errors and ours."""
        import psycopg

        from queuetui.model.errors import QueueTuiError

        return (psycopg.Error, QueueTuiError)

    def listen(self) -> None:
        """Hear until over."""
        with self._connect() as connection:
            self._listen_on(connection)

    def _listen_on(self, connection: psycopg.Connection[Row]) -> None:
        # What comes while the driver waits for an answer is handed over by it.
        connection.add_notify_handler(lambda notice: self.hear(notice.payload))
        for channel in self._channels:
            connection.execute(f"listen {channel}")
        asked_s = monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            while not self.over.is_set():
                # The driver's own wait does much before and after each notice, and holds the interpreter meanwhile.
                if selector.select(notices.LOOK_UP_S):
                    self._take(connection.pgconn)
                if monotonic() - asked_s > notices.HEARTBEAT_S:
                    connection.execute("select 1")
                    asked_s = monotonic()

    def _take(self, pgconn: PGconn) -> None:
        pgconn.consume_input()
        while not self.over.is_set() and (notice := pgconn.notifies()) is not None:
            self.hear(notice.extra.decode("utf-8", "replace"))
