"""What BullMQ does on Redis."""

from __future__ import annotations

from datetime import datetime

import redis

from queuetui.model.act import Verb
from queuetui.model.schedule import KeptSchedule
from queuetui.model.state import State
from tests.captures.expected.declaration import Deed, Expectation, Values, members_of

_WAITING = ("wait", "paused", "prioritized")


def _bullmq_job(url: str, job_id: str) -> Values | None:
    """Return the hash of a job of BullMQ, with the kinds of keys in which its id stands; in which it waits hangs on the job."""
    parts = job_id.split("/")
    with redis.Redis.from_url(url) as client:
        # Either part may hold a stroke, and the keys may begin with any word.
        splits = [("/".join(parts[:at]).encode(), "/".join(parts[at:])) for at in range(1, len(parts))]
        metas = client.keys("*:meta")
        found = ((key, own) for queue, own in splits for key in metas if key.endswith(b":" + queue + b":meta"))
        meta, own = next(found)
        prefix = meta.removesuffix(b"meta")
        values = {name.decode(): value.decode() for name, value in client.hgetall(prefix + own.encode()).items()}
        stands = {role for role, members in members_of(client, prefix) if own.encode() in members} - {"repeat"}
        stands = {"waits" if role in _WAITING else role for role in stands}
        (_, last) = client.xrevrange(prefix + b"events", count=1)[0]
    if not values and not stands:
        return None
    event = {name.decode(): value.decode() for name, value in last.items()}
    return {"atm": "0", "stc": "0", "failedReason": "", **values, "stands": stands, "event": event["event"]}


_WAITS: Values = {"stands": {"waits"}, "event": "waiting", "delay": "0"}
_at = datetime.fromisoformat
_BULLMQ = Expectation(
    kind="bullmq",
    stuck_after_s=1,
    deeds=(
        Deed(Verb.RETRY, "failed", State.PENDING, {**_WAITS, "atm": "0", "failedReason": ""}),
        Deed(Verb.RETRY, "delayed", State.PENDING, _WAITS),
        Deed(Verb.RETRY, "retrying", State.RETRYING, _WAITS),
        Deed(
            Verb.RELEASE, "stuck", State.PENDING, {**_WAITS, "event": "stalled", "stc": "1"}, unless="it stalled before"
        ),
        *(Deed(Verb.CANCEL, word, None, {}, unless="scheduler") for word in ("waiting", "delayed", "retrying")),
        *(
            Deed(Verb.DELETE, word, None, {}, unless="scheduler")
            for word in ("waiting", "delayed", "retrying", "stuck", "failed", "completed")
        ),
    ),
    stored=_bullmq_job,
    schedules=dict.fromkeys(
        ("bullmq-keys", "bullmq5-keys"),
        (
            KeptSchedule(
                "email/nightly",
                "nightly-report",
                "email",
                "0 3 * * *",
                payload='{"r":1}',
                next_at=_at("2026-11-23T03:00:00+00:00"),
            ),
        ),
    ),
)
# By the "system" of a truth file.
EXPECTATIONS = {"bullmq": _BULLMQ}
