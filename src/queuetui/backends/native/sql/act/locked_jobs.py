"""Locks the rows of an act's targets and reads them whole, so that they can be restored."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from queuetui.backends.native.odd_values import read_json
from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.state_codes import is_code, state_of
from queuetui.backends.native.sql.worker.endings import Held
from queuetui.model.clock import to_text
from queuetui.model.state import State

_SHARED = (
    *(
        "id",
        "due_at",
        "created_at",
        "updated_at",
        "cancel_requested_at",
        "claimed_at",
        "started_at",
        "priority",
        "fence",
    ),
    *("rev", "timeout_ms", "attempts", "max_attempts", "lost", "lost_alone", "state", "blob", "queue", "type", "name"),
    *("worker_id", "correlation_id", "key", "tags", "needs", "context", "progress", "error_class", "error_message"),
    *("error_traceback", "error_fingerprint", "payload"),
)
_LIVE = (*_SHARED, "lease_id", "claimed_alone")
_DONE = (*_SHARED, "done_at", "expires_at", "result")
_ATTEMPT = (
    "fence",
    "outcome",
    "error_class",
    "error_message",
    "error_traceback",
    "worker_id",
    "started_at",
    "ended_at",
)
_IDS = frozenset({"id", "lease_id"})
_LISTS = frozenset({"tags", "needs"})
_TRUTHS = frozenset({"blob", "claimed_alone"})


@dataclass(frozen=True, slots=True)
class LockedJob:
    """A job's locked row by column, `id` as it is stored; `is_done` tells which table it stands in."""

    id: object
    row: dict[str, Any]
    is_done: bool

    @property
    def state(self) -> State:
        """The state found."""
        code: int = self.row["state"]
        return state_of(code)

    @property
    def rev(self) -> int:
        """The version found."""
        rev: int = self.row["rev"]
        return rev

    def held(self) -> Held:
        """Return the row in the form that ends of runs take."""
        row = self.row
        asked_to_stop = row["cancel_requested_at"] is not None
        alone = bool(row.get("claimed_alone"))
        return Held(self.id, row["queue"], row["type"], row["key"], asked_to_stop, alone, row["lost_alone"])


def lock_targets(session: Session, ids: Sequence[UUID]) -> dict[UUID, LockedJob]:
    """Lock and read the jobs in the order of their ids, so that two acts cannot block each other."""
    found: dict[UUID, LockedJob] = {}
    # A job that moves between the tables while its lock is awaited is found at the third read.
    for block, columns in (("lock_live", _LIVE), ("lock_done", _DONE), ("lock_live", _LIVE)):
        wanted = sorted(one for one in ids if one not in found)
        rows = session.each(block, [{"id": session.id_in(one)} for one in wanted])
        for one, row in zip(wanted, rows, strict=True):
            if row is not None:
                found[one] = LockedJob(session.id_in(one), dict(zip(columns, row, strict=True)), columns is _DONE)
    return found


def describe_before(session: Session, target: LockedJob, *, with_attempts: bool) -> str:
    """Return JSON from which a job can be restored: times as text, bytes in base64."""
    before: dict[str, Any] = {"table": "done" if target.is_done else "live", "row": _plain_row(session, target.row)}
    if target.row["blob"]:
        blob = session.row("read_blob", id=target.id)
        before["blob"] = None if blob is None else _text_of(bytes(blob[0]))
    if with_attempts:
        kept = session.rows("read_attempts", id=target.id)
        before["attempts"] = [_plain_row(session, _named(row)) for row in kept]
    return json.dumps(before)


def _named(row: Row) -> dict[str, Any]:
    return dict(zip(_ATTEMPT, row, strict=True))


def _plain_row(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if value is None else _plain(session, name, value) for name, value in row.items()}


def _plain(session: Session, name: str, value: Any) -> Any:  # noqa: ANN401 - whatever the driver returns
    if name in _IDS:
        return session.id_out(value)
    if name in _LISTS:
        found = read_json(value) if isinstance(value, str) else value
        return value if found is None else found
    if name in _TRUTHS:
        return bool(value)
    if name == "state":
        return state_of(value).value if is_code(value) else value
    if name.endswith("_at"):
        at: datetime = session.moment_out(value)
        return to_text(at)
    return _text_of(bytes(value)) if isinstance(value, bytes | memoryview) else value


def _text_of(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
