"""The handlers of the campaign: they tell the sink what they do, and stop when they are told to."""

from __future__ import annotations

import os
from functools import cache
from threading import Event
from typing import Any

from queuetui import Backoff, Context, job
from tests.acceptance.checker import Sink
from tests.acceptance.checker.events import SINK_VARIABLE, digest_of
from tests.acceptance.workload import WORKER_VARIABLE

TYPE = "campaign"
STEP_S = 0.02


@cache
def open_sink() -> Sink:
    """Return this process's way to the sink; a child says first whose child it is."""
    sink = Sink(os.environ[SINK_VARIABLE])
    if worker_above():
        sink.write("child", worker=worker_above())
    return sink


@cache
def worker_above() -> int:
    """Return the worker process of which this is a child, 0 where it is the worker itself."""
    worker = int(os.environ.get(WORKER_VARIABLE, "0"))
    return 0 if worker == os.getpid() else worker


@job(TYPE, backoff=Backoff(base_s=0.05, cap_s=0.5))
def campaign(payload: dict[str, Any], context: Context) -> int:
    """Work for a moment in steps; the first `fails` attempts end in an error, and a cancelled run ends at once."""
    return work(context, int(payload["number"]), payload["ms"] / 1000, payload["fails"])


def work(context: Context, number: int, left_s: float, fails: int) -> int:
    """Tell the sink of a run, and be it."""
    run: dict[str, Any] = {
        "job_id": context.job_id,
        "fence": context.fence,
        "worker": worker_above(),
        "attempt": context.attempt,
    }
    sink = open_sink()
    sink.write("start", digest=digest_of(context.job.payload), **run)
    while left_s > 0 and not context.cancelled():
        Event().wait(min(STEP_S, left_s))
        left_s -= STEP_S
    if context.cancelled():
        sink.write("stopped", **run)
        context.raise_if_cancelled()
    if context.attempt <= fails:
        sink.write("fail", **run)
        message = f"attempt {context.attempt} of job {number} was told to fail"
        raise RuntimeError(message)
    sink.write("end", **run)
    return number
