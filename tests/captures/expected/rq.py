"""What RQ does."""

from __future__ import annotations

import redis

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, members_of

_LATE_S = 3001
_QUEUED: Values = {"status": "queued", "stands": {"queue"}, "expires": False}
_CANCELED: Values = {"status": "canceled", "stands": {"canceled"}}


def _rq_job(url: str, job_id: str) -> Values | None:
    """Return the hash of a job of RQ, with the kinds of keys in which its id stands."""
    stored = job_id.encode("utf-8", "surrogatepass")
    with redis.Redis.from_url(url) as client:
        values = {name.decode(): value for name, value in client.hgetall(b"rq:job:" + stored).items()}
        roles = {role for role, members in members_of(client, b"rq:") if stored in members}
        # The time to live of a failed job's hash is a year: a job that waits must not vanish by it.
        expires = client.ttl(b"rq:job:" + stored) > 0
    text = {name: value.decode("utf-8", "replace") for name, value in values.items() if name != "data"}
    return {**text, "stands": roles, "expires": expires} if values or roles else None


_RQ = Expectation(
    kind="rq",
    stuck_after_s=_LATE_S,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {**_QUEUED, "started_at": "", "ended_at": ""}),
        Deed(Verb.RETRY, "delayed", State.PENDING, _QUEUED),
        Deed(Verb.RETRY, "retrying", State.PENDING, _QUEUED),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {**_QUEUED, "started_at": ""}, _LATE_S),
        *(
            Deed(Verb.CANCEL, word, State.CANCELLED, _CANCELED)
            for word in ("waiting", "delayed", "retrying", "blocked")
        ),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "blocked", "failed", "completed", "cancelled")
        ),
    ),
    stored=_rq_job,
    unsure={"attempts": "no count of attempts", "error": "no error of a run that is tried again"},
)
# By the "system" of a truth file.
EXPECTATIONS = {"rq": _RQ}
