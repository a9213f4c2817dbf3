"""The handlers of the soak: they tell the sink when they start and end, and fail when told to."""

from __future__ import annotations

import os
from functools import cache
from threading import Event
from typing import Any

from queuetui import Backoff, Context, job
from tests.acceptance.sink import SINK_VARIABLE, Sink

SOAK_TYPE = "soak"


@cache
def open_sink() -> Sink:
    """Return this process's way to the sink."""
    return Sink(os.environ[SINK_VARIABLE])


@job(SOAK_TYPE, backoff=Backoff(base_s=0.05, cap_s=0.5))
def soak(payload: dict[str, Any], context: Context) -> int:
    """Work for a moment; the first `fails` attempts end in an error."""
    sink, number = open_sink(), int(payload["number"])
    sink.write("start", context.job_id, context.fence, number)
    Event().wait(payload["ms"] / 1000)
    if context.attempt <= payload["fails"]:
        sink.write("fail", context.job_id, context.fence, number)
        message = f"attempt {context.attempt} of job {number} was told to fail"
        raise RuntimeError(message)
    sink.write("end", context.job_id, context.fence, number)
    return number
