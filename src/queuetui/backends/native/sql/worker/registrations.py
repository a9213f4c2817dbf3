"""Writes and deletes the registrations of workers, with their events."""

from __future__ import annotations

from collections.abc import Mapping

from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.worker.event_writes import log_worker
from queuetui.model.event import EventKind


def register(session: Session, worker_id: str, values: Mapping[str, object], note: str) -> None:
    """Write a worker's registration and first beat."""
    session.change("register_worker", **values)
    log_worker(session, EventKind.WORKER_STARTED, worker_id, detail=note)


def retire(session: Session, worker_id: str, note: str) -> None:
    """Delete a worker's registration."""
    if session.change("drop_worker", id=worker_id):
        log_worker(session, EventKind.WORKER_STOPPED, worker_id, detail=note or None)
