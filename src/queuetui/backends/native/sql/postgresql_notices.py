"""News of PostgreSQL: what enqueues notify."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from queuetui.backends.native import notices

if TYPE_CHECKING:
    import psycopg

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
            for channel in self._channels:
                connection.execute(f"listen {channel}")
            asked_s = monotonic()
            while not self.over.is_set():
                for notice in connection.notifies(timeout=notices.LOOK_UP_S):
                    self.hear(notice.payload)
                    if self.over.is_set():
                        return
                if monotonic() - asked_s > notices.HEARTBEAT_S:
                    connection.execute("select 1")
                    asked_s = monotonic()
