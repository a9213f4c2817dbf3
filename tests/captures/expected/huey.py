"""What Huey does."""

from __future__ import annotations

import json

import redis

from queuetui.backends.payloads.decoder import Caps
from queuetui.backends.payloads.pickle_reader import read_pickle
from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.state import State
from tests.backends.captures import query
from tests.captures.expected.declaration import Deed, Expectation, Values

_STAMP_BYTES = 8
# What is said of a task that raised CancelExecution.
_ENDED = "keeps only that"


def _huey_task(url: str, job_id: str) -> Values | None:
    """Return where the message of a task stands, and whether it is revoked; of a task without one, that there is a result."""
    places, fields = _in_redis(url) if url.startswith("redis") else _in_sqlite(url)
    for place, messages in places.items():
        if any(_id_in(message) == job_id for message in messages):
            return {"stands": place, "revoked": f"r:{job_id}" in fields}
    return {"stands": "results", "revoked": False} if job_id in fields else None


def _in_redis(url: str) -> tuple[dict[str, list[bytes]], set[str]]:
    places: dict[str, list[bytes]] = {"schedule": [], "redis": []}
    with redis.Redis.from_url(url) as client:
        for place, found in places.items():
            for key in client.keys(f"huey.{place}.*"):
                is_list = client.type(key) == b"list"
                members = client.lrange(key, 0, -1) if is_list else client.zrange(key, 0, -1)
                # A queue with priorities has a time before each message.
                found += [member[0 if is_list or place == "schedule" else _STAMP_BYTES :] for member in members]
        fields = {name.decode() for key in client.keys("huey.results.*") for name in client.hkeys(key)}
        # Of results that expire each is a key.
        fields |= {key.decode().split(".", 3)[3] for key in client.keys("huey.r.*")}
    return {"schedule": places["schedule"], "queue": places["redis"]}, fields


def _in_sqlite(url: str) -> tuple[dict[str, list[bytes]], set[str]]:
    tables = {"schedule": "schedule", "queue": "task"}
    places = {place: [data for (data,) in query(url, f"select data from {name}")] for place, name in tables.items()}
    return places, {key for (key,) in query(url, "select key from kv")}


def _id_in(raw: bytes) -> str:
    return str(json.loads(read_pickle(raw, Caps()))["args"][0])


def _restored(job: Job) -> State:
    """Return the state of a task without its revocation, by whether it is due later than it was enqueued."""
    return State.PENDING if job.scheduled_at in (None, job.created_at) else State.SCHEDULED


_HUEY = Expectation(
    kind="huey",
    stuck_after_s=3001,
    deeds=(
        Deed(Verb.RETRY, "delayed", State.PENDING, {"revoked": False}),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"revoked": False}),
        Deed(Verb.RETRY, "cancelled", _restored, {"revoked": False}, unless=f"{_ENDED}|all tasks of its kind"),
        *(Deed(Verb.CANCEL, word, State.CANCELLED, {"revoked": True}) for word in ("waiting", "delayed", "retrying")),
        *(Deed(Verb.DELETE, word, None, {}, unless=_ENDED) for word in ("waiting", "delayed", "cancelled")),
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
