"""What Celery does."""

from __future__ import annotations

import json
from typing import Any

from queuetui.backends.address_options import take_beside
from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.backends.captures import query
from tests.captures.expected.declaration import Deed, Expectation, Values
from tests.captures.stores import redis_client

# An hour after the last message was given to a worker.
_LATE_S = 3601


def _celery_task(url: str, task_id: str) -> Values | None:
    """Return the message of a task with where it stands, and the status of its result, wherever that is stored."""
    found: dict[str, Any] = {}
    with redis_client(url) as client:
        for key in client.keys("*"):
            if client.type(key) == b"list":
                held = [one for one in client.lrange(key, 0, -1) if task_id.encode() in one]
                found |= {"stands": "list", **json.loads(held[0])["headers"]} if held else {}
        # All keys may have a prefix.
        for value in (one for key in client.keys("*unacked") for one in client.hvals(key)):
            message = json.loads(value)[0]
            found |= {"stands": "unacked", **message["headers"]} if message["headers"]["id"] == task_id else {}
        results = [key for key in client.keys("*celery-task-meta-*") if key.endswith(f"meta-{task_id}".encode())]
        ended = [json.loads(client.get(key))["status"] for key in results]
    if beside := take_beside(url)[1]:
        ended += [
            status for (status,) in query(beside, f"select status from celery_taskmeta where task_id = '{task_id}'")
        ]
    return {**found, "status": ended[0] if ended else None} if found or ended else None


_UNNAMED = "its name and arguments are not stored"
_SENT: Values = {"stands": "list", "status": None, "retries": 0, "eta": None}
_CELERY = Expectation(
    kind="celery",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, _SENT, unless=_UNNAMED),
        Deed(Verb.RETRY, "delayed", State.PENDING, _SENT, unless="a worker holds"),
        Deed(Verb.RETRY, "retrying", State.RETRYING, {"stands": "list", "eta": None, "redelivered": True}, _LATE_S),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {"stands": "list", "redelivered": True}, _LATE_S),
        Deed(Verb.RELEASE, "lost", State.PENDING, _SENT, _LATE_S, unless=_UNNAMED, needs="claimed_at"),
        Deed(Verb.CANCEL, "waiting", State.CANCELLED, {"status": "REVOKED"}, unless="ignore_result:"),
        Deed(Verb.CANCEL, "delayed", State.CANCELLED, {"status": "REVOKED"}, unless="a worker holds|ignore_result:"),
        Deed(Verb.CANCEL, "retrying", State.CANCELLED, {"status": "REVOKED"}, _LATE_S, unless="ignore_result:"),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "failed", "completed")),
        Deed(Verb.DELETE, "delayed", None, {}, unless="a worker holds"),
        Deed(Verb.DELETE, "cancelled", None, {}, unless="a worker holds"),
    ),
    stored=_celery_task,
    unsure={
        "attempts": "at least",
        "error": "its last error is not stored",
        "due": "since when it waits",
        "queue": "not stored",
    },
)
# By the "system" of a truth file.
EXPECTATIONS = {"celery-redis": _CELERY}
