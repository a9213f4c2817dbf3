"""The handlers of the soak: they tell the sink when they start and end, and fail when told to."""

from __future__ import annotations

import os
from functools import cache
from threading import Event
from typing import Any

from queuetui import Backoff, Context, job
from tests.acceptance.checker.events import SINK_VARIABLE, Sink, digest_of

SOAK_TYPE = "soak"
WORKER_VARIABLE = "ACCEPTANCE_WORKER"


@cache
def open_sink() -> Sink:
    """Return this process's way to the sink."""
    return Sink(os.environ[SINK_VARIABLE])


@job(SOAK_TYPE, backoff=Backoff(base_s=0.05, cap_s=0.5))
def soak(payload: dict[str, Any], context: Context) -> int:
    """Work for a moment; the first `fails` attempts end in an error."""
    sink, number = open_sink(), int(payload["number"])
    worker = int(os.environ.get(WORKER_VARIABLE, "0"))
    sent = digest_of(context.job.payload)
    run: dict[str, Any] = {"job_id": context.job_id, "fence": context.fence, "worker": worker}
    sink.write("start", **run, digest=sent, attempt=context.attempt)
    Event().wait(payload["ms"] / 1000)
    if context.attempt <= payload["fails"]:
        sink.write("fail", **run)
        message = f"attempt {context.attempt} of job {number} was told to fail"
        raise RuntimeError(message)
    sink.write("end", **run)
    return number
