"""What arq does."""

from __future__ import annotations

import redis

from queuetui.model.act import Verb
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values

_LATE_S = 3001
_QUEUED: Values = {"queued": True, "job": True, "runs": False, "result": False}


def _arq_job(url: str, job_id: str) -> Values | None:
    """Return which of a job's keys are there, and whether its id stands in the queue."""
    stored = job_id.encode("utf-8", "surrogatepass")
    with redis.Redis.from_url(url) as client:
        # A queue may be named by any text.
        queues = [key for key in client.keys("*") if client.type(key) == b"zset" and key != b"arq:abort"]
        found = {
            "queued": any(client.zscore(key, stored) is not None for key in queues),
            **{
                name: bool(client.exists(f"arq:{key}:".encode() + stored))
                for name, key in (("job", "job"), ("tries", "retry"), ("runs", "in-progress"), ("result", "result"))
            },
        }
    return found if any(found.values()) else None


_ARQ = Expectation(
    kind="arq",
    stuck_after_s=_LATE_S,
    deeds=(
        *(
            Deed(Verb.RETRY, word, State.PENDING, {**_QUEUED, "tries": False})
            for word in ("failed", "aborted", "cancelled")
        ),
        *(Deed(Verb.RETRY, word, State.PENDING, _QUEUED) for word in ("delayed", "retrying")),
        Deed(Verb.RELEASE, "stuck", State.PENDING, {**_QUEUED, "tries": True}, _LATE_S),
        *(
            Deed(Verb.DELETE, word, None, {})
            for word in ("waiting", "delayed", "retrying", "failed", "completed", "aborted", "cancelled")
        ),
    ),
    stored=_arq_job,
)
# By the "system" of a truth file.
EXPECTATIONS = {"arq": _ARQ}
