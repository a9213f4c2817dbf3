"""How a worker hears of new jobs on PostgreSQL: a connection of its own that listens to what enqueues notify."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn

    from queuetui.backends.native.sql.session import Row

READY = "queuetui_ready"
TOLD = "queuetui_told"
LOOK_UP_S = 1.0
CONNECT_AGAIN_S = 5.0
# Nothing else tells a connection that the network has forgotten from one on which there is no news.
HEARTBEAT_S = 20.0


class Notices:
    """A thread that listens until it is closed; while the server is away nothing is heard, and polling goes on."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection[Row]], hear: Callable[[str], None], *channels: str
    ) -> None:
        self._connect = connect
        self._channels = channels
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
        import psycopg

        from queuetui.model.errors import QueueTuiError

        while not self._over.is_set():
            try:
                with self._connect() as connection:
                    self._listen(connection)
            except (psycopg.Error, QueueTuiError):
                self._over.wait(CONNECT_AGAIN_S)

    def _listen(self, connection: psycopg.Connection[Row]) -> None:
        # What comes while the driver waits for an answer is handed over by it.
        connection.add_notify_handler(lambda notice: self._hear(notice.payload))
        for channel in self._channels:
            connection.execute(f"listen {channel}")
        asked_s = monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            while not self._over.is_set():
                # The driver's own wait does much before and after each notice, and holds the interpreter meanwhile.
                if selector.select(LOOK_UP_S):
                    self._take(connection.pgconn)
                if monotonic() - asked_s > HEARTBEAT_S:
                    connection.execute("select 1")
                    asked_s = monotonic()

    def _take(self, pgconn: PGconn) -> None:
        pgconn.consume_input()
        while not self._over.is_set() and (notice := pgconn.notifies()) is not None:
            self._hear(notice.extra.decode("utf-8", "replace"))
