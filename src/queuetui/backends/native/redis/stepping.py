"""One step between the contract's words and the script's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from queuetui.backends.base import Step
from queuetui.backends.native.redis.ids import from_stored, to_stored
from queuetui.backends.native.redis.server import Value
from queuetui.backends.native.texts import storable
from queuetui.model.clock import from_us, to_us
from queuetui.model.job import ClaimedJob, RunError, Settlement

MILLISECONDS = 1000
# What the script answers of a claimed job, in order.
_CLAIMED = (
    *("id", "fence", "type", "queue", "name", "priority", "attempts", "max", "lost", "corr", "tags", "timeout"),
    *("created", "due", "payload"),
)
Reply = list[Any]


def read_settlements(settlements: Sequence[Settlement]) -> list[Value]:
    """Return the arguments of all endings."""
    return [value for one in settlements for value in _read_settlement(one)]


def _read_settlement(one: Settlement) -> tuple[Value, ...]:
    return (
        to_stored(one.job_id),
        one.fence,
        one.ending.value,
        "" if one.duration_s is None else span_us(one.duration_s),
        int(one.result is not None),
        one.result or b"",
        *_error_values(one.error),
        max(0, span_us(one.delay_s)),
        "" if one.at is None else to_us(one.at),
    )


def _error_values(error: RunError | None) -> tuple[Value, ...]:
    if error is None:
        return (0, "", "", "")
    return (1, storable(error.class_name), storable(error.message), storable(error.traceback))


def read_step(reply: Reply) -> Step:
    """Return the script's answer in the contract's words."""
    lease_valid, accepted, claimed = reply
    return Step(frozenset(map(from_stored, accepted)), tuple(map(_read_claimed, claimed)), bool(lease_valid))


def _read_claimed(reply: Reply) -> ClaimedJob:
    fields = dict(zip(_CLAIMED, reply, strict=True))
    timeout_ms = fields["timeout"]
    return ClaimedJob(
        id=from_stored(fields["id"]),
        fence=int(fields["fence"]),
        type=fields["type"].decode(),
        queue=fields["queue"].decode(),
        payload=fields["payload"],
        name=_text(fields["name"]),
        priority=int(fields["priority"]),
        attempts=int(fields["attempts"]),
        max_attempts=int(fields["max"]),
        lost=int(fields["lost"]),
        correlation_id=_text(fields["corr"]),
        tags=tuple(json.loads(fields["tags"] or b"[]")),
        timeout_s=None if timeout_ms is None else int(timeout_ms) / MILLISECONDS,
        created_at=from_us(int(fields["created"])),
        scheduled_at=from_us(int(fields["due"])),
    )


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


def span_us(seconds: float) -> int:
    """Return seconds as whole microseconds."""
    return round(seconds * 1e6)
