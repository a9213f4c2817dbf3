"""What a message of SAQ says, in Redis and in PostgreSQL alike."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from queuetui.backends.keys.stored_values import first_time, number_of
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.model.clock import from_us, to_us
from queuetui.model.job import Job
from queuetui.model.state import FINAL, State

# A job of which nothing else is said has these.
TIMEOUT_S, TTL_S, RUNS = 10, 600, 1
HEAD_BYTES = 1_000_000
_US_A_S = 1_000_000
_MESSAGE = Decoder((), (JSON, MSGPACK, PICKLE))
# What SAQ writes in this order, one behind the other, leaving out what is as usual; what behind that is no number.
_BEFORE = "timeout heartbeat retries ttl retry_delay retry_backoff scheduled progress attempts completed"
_PARTS = (*_BEFORE.split(), "queued", "started", "touched")
_LAST = ("result", "error", "status", "priority", "group_key", "meta", "worker_id")


def spans_of(said: Mapping[str, Any]) -> dict[str, int]:
    """Return after how many seconds SAQ takes a run for dead, by since when.

    Null and 0 never do.
    """
    told = {"started": said.get("timeout", TIMEOUT_S), "touched": said.get("heartbeat")}
    return {
        since: math.ceil(span)
        for since, span in told.items()
        if isinstance(span, int | float) and math.isfinite(span) and span
    }


def held_until(said: Mapping[str, Any]) -> datetime | None:
    """Return until when SAQ's sweep leaves a run alone.

    None where the message does not tell, or it always does.
    """
    ends = [to_us(at) + span * _US_A_S for since, span in spans_of(said).items() if (at := first_time(said, since))]
    return from_us(min(ends)) if ends else None


def read_message(raw: Any) -> tuple[dict[str, Any] | None, str]:  # noqa: ANN401 - what the database gives
    """Return what a message says, or why it cannot be read."""
    stored = bytes(raw or b"")
    if len(stored) > HEAD_BYTES:
        return None, f"its message has more than {HEAD_BYTES:,} bytes and is not read here"
    decoded = _MESSAGE.decode(stored)
    try:
        said = json.loads(decoded.text) if decoded.text else None
    except (ValueError, RecursionError):
        said = None
    return (
        (said, "")
        if isinstance(said, dict)
        else (None, f"its message cannot be read here: {decoded.problem or 'it is no object'}")
    )


def as_told(job: Job, said: Mapping[str, Any]) -> Job:
    """Return a job with the numbers of its whole message, which the server does not always find."""
    return replace(
        job,
        attempts=number_of(said.get("attempts")),
        max_attempts=number_of(said.get("retries"), RUNS),
        created_at=first_time(said, "queued"),
        started_at=first_time(said, "started"),
        updated_at=first_time(said, "touched"),
        completed_at=first_time(said, "completed") if job.state in FINAL else None,
        lease_until=held_until(said) if job.state is State.PROCESSING else None,
    )


def in_order(message: Mapping[str, Any]) -> bytes:
    """Return a message with its parts in the order in which SAQ writes them."""
    parts = (*(name for name in message if name not in (*_PARTS, *_LAST)), *_PARTS, *_LAST)
    return json.dumps({name: message[name] for name in parts if name in message}).encode()
