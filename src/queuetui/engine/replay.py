"""Runs the handler of a stored job once more, here and now.

Nothing is read from the store or written to it.
"""

from __future__ import annotations

import asyncio
import cProfile
import io
import pstats
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import isawaitable
from types import TracebackType

from queuetui.engine.held import Run
from queuetui.engine.logs import current_job
from queuetui.engine.outcome import (
    NoHandler,
    RefusedHandler,
    Retry,
    RetryRule,
    handler_frames,
    settle_raise,
    settle_return,
)
from queuetui.engine.performer import read_payload
from queuetui.engine.tasks import Tasks
from queuetui.model.clock import EPOCH, to_text
from queuetui.model.correlation import bind_cause, unbind_cause
from queuetui.model.errors import NotFound
from queuetui.model.job import ClaimedJob, Ending, Job, Settlement
from queuetui.model.job_id import new_job_id

FUNCTIONS_TOLD = 25
REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Replay:
    """The value or error of a repeated run, and the ending that a worker would have written."""

    value: object
    error: BaseException | None
    settlement: Settlement

    @property
    def is_well(self) -> bool:
        """Whether a worker would have completed the job, or postponed it as the handler asked."""
        return self.settlement.ending in {Ending.COMPLETED, Ending.SNOOZED} or self._is_asked_again

    @property
    def story(self) -> str:
        """How it ended, in words."""
        ended = self.settlement
        if self._is_asked_again or ended.ending is Ending.SNOOZED:
            when = f"at {to_text(ended.at)}" if ended.at is not None else f"in {ended.delay_s:g} s"
            counted = "an attempt is counted" if self._is_asked_again else "no attempt is counted"
            return f"asked to be run again {when} ({counted})"
        why = "" if self.error is not None or ended.error is None else f" ({ended.error.message})"
        return "completed" if ended.ending is Ending.COMPLETED else f"failed{why}"

    @property
    def _is_asked_again(self) -> bool:
        asked = self.value if self.error is None else self.error
        is_asked = isinstance(asked, Retry) or (isinstance(asked, type) and issubclass(asked, Retry))
        return is_asked and self.settlement.ending is Ending.RETRY

    @property
    def traceback(self) -> TracebackType | None:
        """Where it was raised."""
        return None if self.error is None else self.error.__traceback__


@dataclass(frozen=True, slots=True)
class Measures:
    """The profile of a run: the most expensive functions, and the peak memory of Python objects."""

    functions: str
    peak_bytes: int


def copy_of(job: Job) -> ClaimedJob:
    """Return a job to be run again, under an id of its own.

    It has the attempts, tags, correlation id and inherited fields of the stored one.
    """
    correlation = job.ref.id if job.correlation_id is None else job.correlation_id.raw
    return ClaimedJob(
        id=new_job_id(),
        fence=0,
        type=job.type.raw,
        queue=job.queue.raw,
        payload=job.payload.raw.encode("utf-8", "surrogatepass"),
        name=None if job.name is None else job.name.raw,
        priority=job.priority or 0,
        attempts=max(0, (job.attempts or 1) - 1),
        max_attempts=job.max_attempts or 1,
        lost=0,
        correlation_id=correlation,
        tags=tuple(tag.raw for tag in job.tags),
        timeout_s=None,
        created_at=job.created_at or EPOCH,
        scheduled_at=job.scheduled_at or EPOCH,
        context=None if job.context is None else job.context.raw,
    )


def run_again(job: ClaimedJob, tasks: Tasks) -> Replay:
    """Call the handler of a job in this thread, and keep what it raises.

    Raises NotFound and BadPayload.
    """
    try:
        task, payload = tasks.find(job.type), read_payload(job.payload)
    except (NoHandler, RefusedHandler) as error:
        raise NotFound(str(error)) from None
    run, rule = Run(job, REPLAY), RetryRule(task.backoff, chance=0.5, jitter=0.0)
    context = run.context
    told_of, cause = current_job.set(run), bind_cause(context)
    began_s = time.monotonic()
    try:
        value = task.call(payload, context)
        value = asyncio.run(_await(value)) if isawaitable(value) else value
        return Replay(value, None, settle_return(job, value, time.monotonic() - began_s, rule))
    except BaseException as error:  # noqa: BLE001 - a handler may raise anything, SystemExit too
        settled = settle_raise(job, error, time.monotonic() - began_s, rule)
        return Replay(None, error.with_traceback(handler_frames(error)), settled)
    finally:
        unbind_cause(cause)
        current_job.reset(told_of)


def measured(run: Callable[[], Replay]) -> tuple[Replay, Measures]:
    """Run with Python's profilers on; they slow the run, so only the shares of time are meaningful."""
    profile = cProfile.Profile()
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    tracemalloc.reset_peak()
    try:
        done = profile.runcall(run)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        if not was_tracing:
            tracemalloc.stop()
    text = io.StringIO()
    pstats.Stats(profile, stream=text).sort_stats("cumulative").print_stats(FUNCTIONS_TOLD)
    return done, Measures(text.getvalue().strip(), peak)


def debug(replay: Replay) -> None:
    """Open Python's debugger where the handler raised."""
    if replay.traceback is not None and sys.stdin.isatty():
        import pdb  # noqa: T100 - a person asked for the debugger

        pdb.post_mortem(replay.traceback)


async def _await(value: Awaitable[object]) -> object:
    return await value
