"""What Sidekiq does."""

from __future__ import annotations

import json

import redis

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, members_of

_LATE_S = 3001


def _sidekiq_job(url: str, job_id: str) -> Values | None:
    """Return the message of a job of Sidekiq, with the kinds of keys in which it stands."""
    with redis.Redis.from_url(url) as client:
        # A namespace may stand before all keys.
        (queues,) = (key for key in client.keys("*queues") if client.type(key) == b"set")
        found = {
            role: json.loads(member)
            for role, members in members_of(client, queues.removesuffix(b"queues"))
            for member in members
            if job_id.encode() in member and role in ("queue", "schedule", "retry", "dead")
        }
    return None if not found else {**next(iter(found.values())), "stands": set(found)}


_SIDEKIQ = Expectation(
    kind="sidekiq",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {"stands": {"queue"}}),
        Deed(Verb.RETRY, "delayed", State.PENDING, {"stands": {"queue"}}),
        Deed(Verb.RETRY, "retrying", State.PENDING, {"stands": {"queue"}}),
        Deed(Verb.CANCEL, "retrying", State.FAILED, {"stands": {"dead"}}),
        *(Deed(Verb.DELETE, word, None, {}) for word in ("waiting", "delayed", "retrying", "failed")),
    ),
    stored=_sidekiq_job,
)
# By the "system" of a truth file.
EXPECTATIONS = {"sidekiq": _SIDEKIQ}
