"""What Laravel does with its Redis queue, and with the failed jobs of it in a database."""

from __future__ import annotations

import json
from typing import Any

from queuetui.backends.address_options import take_beside
from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.backends.captures import query
from tests.captures.expected.declaration import Deed, Expectation, Values
from tests.captures.stores import redis_client

_OVER_S = 3_601


def _laravel_job(url: str, job_id: str) -> Values | None:
    """Return where a job of Laravel stands, the runs that its message counts."""
    with redis_client(url) as client:
        for key in client.keys("*queues:*"):
            # A queue may have the name of what stands beside another one: its type tells them apart.
            is_list = client.type(key) == b"list"
            members = client.lrange(key, 0, -1) if is_list else client.zrange(key, 0, -1)
            found = next((one for one in map(_read, members) if one.get("uuid") == job_id), None)
            if found is not None:
                return {
                    "stands": "list" if is_list else key.rpartition(b":")[2].decode(),
                    "attempts": found["attempts"],
                }
    # The provider `database` has no column for the uuid.
    rows = query(take_beside(url)[1], "select payload from failed_jobs")
    return {"stands": "failed_jobs"} if job_id in {_read(row[0]).get("uuid") for row in rows} else None


def _read(member: bytes | str) -> dict[str, Any]:
    """Return a message; what tells a worker of one is a number."""
    said = json.loads(member)
    return said if isinstance(said, dict) else {}


_AGAIN: Values = {"stands": "list", "attempts": 0}
_LARAVEL_REDIS = Expectation(
    kind="laravel-redis",
    stuck_after_s=_OVER_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, _AGAIN, unless="cannot be retried here"),
        Deed(Verb.RETRY, "delayed", State.PENDING, _AGAIN),
        Deed(Verb.RETRY, "retrying", State.PENDING, _AGAIN),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {"stands": "list"}, _OVER_S),
        *(
            Deed(verb, word, None, {}, _OVER_S if word == "stuck" else 1)
            for verb in (Verb.CANCEL, Verb.DELETE)
            for word in ("waiting", "delayed", "retrying", "stuck")
        ),
        Deed(Verb.DELETE, "failed", None, {}),
    ),
    stored=_laravel_job,
    unsure={"attempts": "attempts are what", "due": "since when it waits"},
    guessed=frozenset({"attempts"}),
)
# By the "system" of a truth file.
EXPECTATIONS = {"laravel-redis": _LARAVEL_REDIS}
