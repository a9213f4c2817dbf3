"""What a message of SAQ says, in Redis and in PostgreSQL alike."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.msgpack_reader import MSGPACK
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.python_traceback import read_error
from queuetui.backends.payloads.stored_values import first_time, number_of, read_object, to_json
from queuetui.model.clock import from_us, to_us
from queuetui.model.job import Job
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import FINAL, State
from queuetui.model.text import Untrusted

# A job of which nothing else is said has these.
TIMEOUT_S, TTL_S, RUNS = 10, 600, 1
HEAD_BYTES = 1_000_000
_US_A_S = 1_000_000
MESSAGE = Decoder((), (JSON, MSGPACK, PICKLE))
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
    return read_object(MESSAGE, "its message", stored)


def tell(job: Job, said: Mapping[str, Any], summaries: SummaryPaths | None) -> Job:
    """Return a job with what its whole message says, of which the server does not always find the numbers."""
    call, kwargs = str(said.get("function") or "?"), said.get("kwargs") or {}
    is_run, is_done = job.state is State.PROCESSING, job.state is State.COMPLETED
    progress, worker = said.get("progress"), said.get("worker_id")
    return replace(
        job,
        payload=Untrusted(to_json(kwargs)),
        data=summarise_call(call, to_json({"args": [], "kwargs": kwargs}), summaries),
        error=None if is_done else read_error(said.get("error")),
        result=Untrusted(to_json(said["result"])) if is_done and "result" in said else None,
        progress=Untrusted(f"{progress:.0%}") if is_run and isinstance(progress, float) else None,
        worker=Untrusted(str(worker)) if is_run and worker else None,
        attempts=number_of(said.get("attempts")),
        max_attempts=number_of(said.get("retries"), RUNS),
        created_at=first_time(said, "queued"),
        started_at=first_time(said, "started"),
        updated_at=first_time(said, "touched"),
        completed_at=first_time(said, "completed") if job.state in FINAL else None,
        lease_until=held_until(said) if is_run else None,
    )


def in_order(message: Mapping[str, Any]) -> bytes:
    """Return a message with its parts in the order in which SAQ writes them."""
    parts = (*(name for name in message if name not in (*_PARTS, *_LAST)), *_PARTS, *_LAST)
    return json.dumps({name: message[name] for name in parts if name in message}).encode()
