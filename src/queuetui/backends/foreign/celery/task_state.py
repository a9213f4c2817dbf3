"""The state of a task of Celery, by its message and its result."""

from __future__ import annotations

from datetime import datetime

from queuetui.backends.keys.shelf import Entry
from queuetui.backends.payloads.celery_result import CeleryResult
from queuetui.backends.payloads.kombu_message import KombuMessage
from queuetui.backends.payloads.stored_values import time_of
from queuetui.model.state import State

ENDED = {"SUCCESS": State.COMPLETED, "FAILURE": State.FAILED, "REVOKED": State.CANCELLED}


def state_of(
    entry: Entry, message: KombuMessage | None, result: CeleryResult, given: datetime | None, now: datetime
) -> State:
    """Return the state of a task; one that a worker holds is over if it was revoked since."""
    done, later = time_of(result.done), State.RETRYING if message and message.retries else State.SCHEDULED
    if message is None or (entry.value and result.status == "REVOKED" and done and given and done >= given):
        return State.PROCESSING if result.is_run else ENDED.get(result.status, State.COMPLETED)
    eta = time_of(str(message.headers.get("eta")))
    if entry.value:
        return later if eta and not result.is_run else State.PROCESSING
    return later if message.retries or (eta and eta > now) else State.PENDING
