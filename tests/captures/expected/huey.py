"""What Huey does."""

from __future__ import annotations

import base64
import json

import redis

from queuetui.backends.payloads.decoder import Caps
from queuetui.backends.payloads.pickle_reader import read_pickle
from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values

_ETA = 2
_STAMP_BYTES = 8


def _huey_task(url: str, job_id: str) -> Values | None:
    """Return where the message of a task stands, whether its time is ahead, and what is stored of it beside."""
    with redis.Redis.from_url(url) as client:
        (results,) = client.keys("huey.results.*")
        fields = {name.decode() for name in client.hkeys(results)}
        for key in client.keys("huey.schedule.*") + client.keys("huey.redis.*"):
            kind = client.type(key)
            members = client.lrange(key, 0, -1) if kind == b"list" else client.zrange(key, 0, -1)
            skipped = _STAMP_BYTES if kind == b"zset" and b".redis." in key else 0
            for member in members:
                if (said := _args(member[skipped:]))[0] == job_id:
                    return _describe(said) | {"stands": key.split(b".")[1].decode(), "revoked": f"r:{job_id}" in fields}
    return {"stands": "results", "revoked": False} if job_id in fields else None


def _args(raw: bytes) -> list[object]:
    args: list[object] = json.loads(read_pickle(raw, Caps()))["args"]
    return args


def _describe(said: list[object]) -> dict[str, object]:
    match said[_ETA]:
        case {"args": [{"base64": str(packed)}]}:
            return {"hour": base64.b64decode(packed)[:5]}
    return {"hour": None}


# The captures are of one hour, and what is due later is due an hour after it.
_HUEY = Expectation(
    kind="huey",
    stuck_after_s=3001,
    deeds=(
        Deed(Verb.RETRY, "delayed", State.PENDING, {"stands": "redis", "revoked": False}),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"stands": "schedule", "revoked": False}),
        Deed(Verb.RETRY, "cancelled", State.PENDING, {"stands": "redis", "revoked": False}),
        *(Deed(Verb.CANCEL, word, State.CANCELLED, {"revoked": True}) for word in ("waiting", "delayed", "retrying")),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "cancelled")),
    ),
    stored=_huey_task,
    unsure={
        "attempts": "no count of attempts",
        "due": "does not store when it was enqueued",
        "error": "error is of its last run, after which it is tried again",
    },
    one_queue=True,
)
# By the "system" of a truth file.
EXPECTATIONS = {"huey": _HUEY}
