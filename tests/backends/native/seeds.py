"""Rows written straight into the tables, so that reads can be tested on any past."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look.tables import attempt, job, job_blob, job_done, job_key, queue, worker
from queuetui.model.clock import to_us
from queuetui.model.state import FINAL, State

_NOTHING: dict[str, Any] = {
    "cancel_requested_at": None,
    "claimed_at": None,
    "started_at": None,
    "priority": 0,
    "fence": 0,
    "rev": 1,
    "timeout_ms": None,
    "attempts": 0,
    "max_attempts": 3,
    "lost": 0,
    "lost_alone": 0,
    "blob": False,
    "queue": "mail",
    "type": "Send",
    "name": None,
    "worker_id": None,
    "correlation_id": None,
    "key": None,
    "tags": [],
    "needs": [],
    "progress": None,
    "error_class": None,
    "error_message": None,
    "error_traceback": None,
    "error_fingerprint": None,
    "payload": b"{}",
}


@dataclass
class Seed:
    """Writes rows; ids count up, so that a later job is a newer one."""

    database: Database
    now: datetime
    _next: int = field(default=0)

    def new_id(self) -> str:
        """Return the next id."""
        self._next += 1
        return str(uuid.UUID(int=(0x0192 << 112) + (self._next << 64) + (0x7 << 76) + self._next * 7919 % (1 << 62)))

    def ago(self, seconds: float) -> datetime:
        """Return a time before now."""
        return self.now - timedelta(seconds=seconds)

    def jobs(self, *rows: dict[str, Any]) -> list[str]:
        """Store jobs, each by what is special about it; return their ids."""
        made = [self._complete(row) for row in rows]
        with self.database.writing("seeding") as connection:
            for table, kept in ((job, False), (job_done, True)):
                own = [row for row in made if (row["state"] in FINAL) is kept]
                if own:
                    connection.execute(insert(table), own)
        return [row["id"] for row in made]

    def job(self, **row: Any) -> str:
        """Store one job; return its id."""
        return self.jobs(row)[0]

    def lease(self, worker_id: str, queue_name: str, seconds: float) -> str:
        """Open a lease that goes on for some seconds."""
        lease_id = uuid.uuid4()
        until = self.ago(-seconds)
        with self.database.writing("seeding") as connection:
            _write_lease(connection, lease_id, worker_id, queue_name, until, seconds)
        return str(lease_id)

    def worker(self, worker_id: str, queues: Iterable[str], silent_s: float = 0.0) -> None:
        """Register a worker."""
        row = {
            "id": worker_id,
            "host": "web-1",
            "pid": 4411,
            "version": "0.1",
            "queues": list(queues),
            "types": [],
            "tags": [],
            "slots": 4,
            "started_at": self.ago(3600),
            "beat_at": self.ago(silent_s),
            "stopping": False,
        }
        self.rows(worker, row)

    def pause(self, name: str, by: str) -> None:
        """Pause a queue."""
        self.rows(queue, {"name": name, "paused_at": self.now, "paused_by": by, "events": True})

    def rows(self, table: Table, *rows: dict[str, Any]) -> None:
        """Store rows of any table."""
        with self.database.writing("seeding") as connection:
            connection.execute(insert(table), list(rows))

    def count(self, table: Table, **equal: Any) -> int:
        """Count rows of any table."""
        query = (
            select(func.count()).select_from(table).where(*(table.c[name] == value for name, value in equal.items()))
        )
        with self.database.reading("counting") as connection:
            found: int = connection.execute(query).scalar_one()
            return found

    def _complete(self, row: dict[str, Any]) -> dict[str, Any]:
        state = row.get("state", State.PENDING)
        times = {"due_at": self.now, "created_at": self.now, "updated_at": self.now}
        made = {"id": self.new_id(), "state": state, **_NOTHING, **times, **row}
        if state in FINAL:
            return {"done_at": self.now, "expires_at": self.ago(-86_400), "result": None, **made}
        return {"lease_id": None, "claimed_alone": False, **made}


def _write_lease(
    connection: Connection, lease_id: uuid.UUID, worker_id: str, queue_name: str, until: datetime, seconds: float
) -> None:
    if connection.dialect.name == "mysql":
        sql = "insert into queuetui_lease (id, worker_id, queue, until) values (:id, :worker, :queue, :until)"
        values: dict[str, Any] = {"id": lease_id.bytes, "until": to_us(until)}
    elif connection.dialect.name == "postgresql":
        sql = "insert into queuetui_lease (id, worker_id, queue, until) values (:id, :worker, :queue, :until)"
        values = {"id": lease_id, "until": until}
    else:
        from queuetui.backends.native.sql.sqlite.session import boot_id, boot_us

        sql = (
            "insert into queuetui_lease (id, worker_id, queue, until, boot, boot_until) "
            "values (:id, :worker, :queue, :until, :boot, :boot_until)"
        )
        boot_until = boot_us() + int(seconds * 1_000_000)
        values = {"id": lease_id.bytes, "until": to_us(until), "boot": boot_id(), "boot_until": boot_until}
    connection.execute(text(sql), {**values, "worker": worker_id, "queue": queue_name})


def payload(**values: Any) -> bytes:
    """Return a JSON payload."""
    return json.dumps(values, ensure_ascii=False).encode()


__all__ = ["Seed", "attempt", "job", "job_blob", "job_done", "job_key", "payload", "queue"]
