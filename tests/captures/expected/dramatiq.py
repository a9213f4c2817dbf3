"""What Dramatiq does."""

from __future__ import annotations

import json

import redis

from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values

_LATE_S = 61
# As if it had never run.
_ANEW: Values = {"stands": {"queue"}, "retries": None, "traceback": None, "eta": None, "of_queue": True}


def _dramatiq_job(url: str, job_id: str) -> Values | None:
    """Return what the message of a job says, with the kinds of keys in which its id stands."""
    with redis.Redis.from_url(url) as client:
        for key in client.keys("*.msgs"):
            for member, raw in client.hgetall(key).items():
                said = json.loads(raw)
                if said["message_id"] == job_id:
                    return _describe(client, key.removesuffix(b".msgs"), member, said)
    return None


def _describe(client: redis.Redis, place: bytes, member: bytes, said: dict[str, object]) -> Values:
    options = said["options"]
    assert isinstance(options, dict)
    stands = set()
    if client.type(place) == b"list" and member in client.lrange(place, 0, -1):
        stands.add("delayed" if place.endswith(b".DQ") else "queue")
    if client.type(place) == b"zset" and client.zscore(place, member) is not None:
        stands.add("dead")
    if any(member in client.smembers(key) for key in client.keys("*:__acks__.*")):
        stands.add("taken")
    told = {name: options.get(name) for name in ("retries", "traceback", "eta")}
    return {**told, "stands": stands, "of_queue": place.endswith(f":{said['queue_name']}".encode())}


def _released(job: Job) -> State:
    return State.RETRYING if (job.attempts or 0) > 1 else State.PENDING


_DRAMATIQ = Expectation(
    kind="dramatiq",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, _ANEW),
        Deed(Verb.RETRY, "delayed", State.PENDING, _ANEW),
        # What a worker holds in memory is free once that worker is known to be dead.
        Deed(Verb.RETRY, "retrying", State.PENDING, _ANEW, _LATE_S),
        Deed(Verb.RELEASE, "stuck", _released, {"stands": {"queue"}, "of_queue": True}, _LATE_S),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "failed")),
        Deed(Verb.DELETE, "retrying", None, {}, _LATE_S),
    ),
    stored=_dramatiq_job,
    unsure={"error": "no error of the last run"},
    queue_of=lambda name: name.removesuffix(".DQ"),
)
# By the "system" of a truth file.
EXPECTATIONS = {"dramatiq-redis": _DRAMATIQ}
