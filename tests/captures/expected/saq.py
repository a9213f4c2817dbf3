"""What SAQ does."""

from __future__ import annotations

import json

import redis

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values

_LATE_S = 3001
# As if it had never run.
_ANEW: Values = {
    "status": "queued",
    "stands": {"queued", "incomplete"},
    "score": 0,
    "expires": False,
    **dict.fromkeys(("attempts", "started", "completed", "error", "scheduled")),
}
_ABORTED: Values = {"status": "aborted", "stands": set(), "score": None, "expires": True}
_FIELDS = ("status", "attempts", "started", "completed", "error", "scheduled")


def _saq_job(url: str, job_id: str) -> Values | None:
    """Return what is stored of a job, with the kinds of keys in which its name stands."""
    name = f"saq:job:{job_id}".encode()
    with redis.Redis.from_url(url) as client:
        raw = client.get(name)
        # A queue may be named by any text.
        lists = [(role, key) for role in ("queued", "active") for key in client.keys(f"saq:*:{role}")]
        stands = {role for role, key in lists if name in client.lrange(key, 0, -1)}
        scores = [client.zscore(key, name) for key in client.keys("saq:*:incomplete")]
        score = next((one for one in scores if one is not None), None)
        expires = client.ttl(name) > 0
    if score is not None:
        stands.add("incomplete")
    said = json.loads(raw) if raw else {}
    told = {name: said.get(name) for name in _FIELDS}
    return {**told, "stands": stands, "score": score, "expires": expires} if raw or stands else None


_SAQ = Expectation(
    kind="saq",
    stuck_after_s=_LATE_S,
    deeds=(
        *(Deed(Verb.RETRY, word, State.PENDING, _ANEW) for word in ("failed", "cancelled", "delayed", "retrying")),
        Deed(Verb.RELEASE, "stuck", State.PENDING, _ANEW, _LATE_S),
        *(Deed(Verb.CANCEL, word, State.CANCELLED, _ABORTED) for word in ("waiting", "delayed")),
        Deed(Verb.CANCEL, "retrying", State.CANCELLED, _ABORTED),
        # Where its worker is registered still when the capture was made, it is told.
        Deed(Verb.CANCEL, "stuck", State.CANCELLED, {"status": "aborting", "stands": set()}, by_worker=True),
        Deed(Verb.CANCEL, "stuck", State.CANCELLED, _ABORTED, _LATE_S),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "failed", "completed", "cancelled")
        ),
    ),
    stored=_saq_job,
    # The truth of what is tried again does not tell the error of its last run.
    unsure={"error": "that of its last run"},
    shown_by=lambda name, job: f"{job['queue']}:{name}",
)
# By the "system" of a truth file.
EXPECTATIONS = {"saq-redis": _SAQ}
