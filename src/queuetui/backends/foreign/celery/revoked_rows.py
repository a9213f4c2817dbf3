"""The row that a worker of Celery leaves of a task which it drops as revoked, in a table of results."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, LargeBinary, Table, func, select, update

from queuetui.backends.payloads.celery_result import REVOKED_ERROR, read_columns
from queuetui.backends.tables.moments import begin_reading
from queuetui.backends.tables.rows import read_row, select_rows
from queuetui.model.errors import QueueTuiError, Stale, UnknownOutcome

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.payloads.kombu_message import KombuMessage
    from queuetui.backends.sql.console_connection import ConsoleDatabase
    from queuetui.backends.tables.product import Product
    from queuetui.backends.tables.source import Source
    from queuetui.model.state import State

# So many of the newest results tell how results are written; longer ones are not looked at.
_SAMPLED, _HEAD_BYTES = 20, 65_536
_HALF = "half done: its message was taken away, but its result may not be written as REVOKED ({}); whoever waits for it may wait for ever"


@dataclass(frozen=True, slots=True)
class RevokedRows:
    """Writes such rows into the table of an open database."""

    database: ConsoleDatabase
    product: Product
    source: Source
    options: BackendOptions
    # Called after each.
    changed: Callable[[], None]

    def put(
        self, message: KombuMessage, now: datetime, take_away: Callable[[], bool]
    ) -> tuple[State | None, str | None] | None:
        """Write the row of a task and take its message away, or neither where it moved on.

        Return the task's state and revision in the table, nothing of both where results are not JSON, and None where it moved on.
        """
        is_taken = False
        try:
            with self.database.writing("to write the result of a task") as connection:
                found = self._write(connection, message, now)
                is_taken = take_away()
                if not is_taken:
                    raise Stale(message.task_id)
        except Stale:
            return None
        except QueueTuiError as error:
            if not is_taken:
                raise
            raise UnknownOutcome(_HALF.format(error)) from error
        finally:
            self.changed()
        return found

    def _write(self, connection: Connection, message: KombuMessage, now: datetime) -> tuple[State | None, str | None]:
        source = self.source
        table, at = cast("Table", source.rows), source.fields["id"].at == message.task_id
        told = _columns(connection, table, message)
        if told is None:
            return None, None
        told |= {"status": "REVOKED", "date_done": source.fields["completed"].codec.to_store(now), "traceback": None}
        if connection.execute(select(table.c.id).where(at)).first() is None:
            connection.execute(table.insert().values(task_id=message.task_id, **told))
        else:
            # Celery itself writes nothing over a success.
            connection.execute(update(table).where(at, table.c.status.is_distinct_from("SUCCESS")).values(**told))
        reading = begin_reading(connection, self.product, self.options, self.options.limits)
        row = connection.execute(select_rows(source, reading, at)).mappings().one()
        job = read_row(source, row, reading)[1]
        return job.state, job.ref.rev


def _columns(connection: Connection, table: Table, message: KombuMessage) -> dict[str, Any] | None:
    """Return what the columns say of a revoked task; None where results are not written as JSON."""
    head = func.substr(table.c.result, 1, _HEAD_BYTES, type_=LargeBinary).label("result")
    name = [table.c.name] if "name" in table.c else []
    newest = select(head, *name).where(func.length(table.c.result) < _HEAD_BYTES).order_by(table.c.id.desc())
    rows = connection.execute(newest.limit(_SAMPLED)).mappings().all()
    if not all(read_columns({"result": bytes(row["result"])}).in_json for row in rows):
        return None
    is_extended = bool(name) and (not rows or any(row["name"] for row in rows))
    return {"result": _in_json(REVOKED_ERROR), **(_extended(message) if is_extended else {})}


def _extended(message: KombuMessage) -> Mapping[str, Any]:
    """Return what is stored with result_extended: the call, and how its message came."""
    call, payload, _ = message.read_call()
    given = json.loads(payload) if message.said.get("content-type") == "application/json" else {}
    route = message.properties.get("delivery_info") or {}
    packed = {name: _in_json(given[name]) for name in ("args", "kwargs") if name in given}
    return {"name": call, **packed, "retries": message.retries, "queue": route.get("routing_key"), "worker": None}


def _in_json(value: object) -> bytes:
    return json.dumps(value).encode()
