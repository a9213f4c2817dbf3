"""Runs one job: decodes its payload, calls its handler and posts its ending."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from json.scanner import make_scanner
from threading import Event
from types import CoroutineType
from typing import TYPE_CHECKING, Protocol

from queuetui.engine.clock import draw
from queuetui.engine.context import CancelCause
from queuetui.engine.handler_forks import ancestry, end_fork
from queuetui.engine.logs import current_job, log_event
from queuetui.engine.meters import Meter, ThreadMeter
from queuetui.engine.outcome import (
    RetryRule,
    describe_error,
    settle_cancelled,
    settle_lost,
    settle_raise,
    settle_return,
    settle_timeout,
    settle_unsettled,
)
from queuetui.engine.spans import Tracers, traced
from queuetui.model.backoff import Backoff
from queuetui.model.correlation import bind_cause, unbind_cause
from queuetui.model.errors import BadPayload
from queuetui.model.job import Ending, Settlement

if TYPE_CHECKING:
    from queuetui.engine.clock import Clock
    from queuetui.engine.context import Context
    from queuetui.engine.event_loop import EventLoop
    from queuetui.engine.held import Run
    from queuetui.engine.settings import WorkerSettings
    from queuetui.engine.tasks import Task

_scan_json = make_scanner(json.JSONDecoder())  # type: ignore[arg-type]  # it takes a decoder, as its own module gives it one


class Endings(Protocol):
    """The receiver of endings."""

    def put(self, run: Run, settlement: Settlement, *, at_once: bool = False) -> None:
        """Take the ending of a run."""
        ...

    def put_late(self, run: Run, settlement: Settlement) -> None:
        """Take an ending whose lease has been given up."""
        ...


class TaskFinder(Protocol):
    """Finds the handler of a job type."""

    def find(self, job_type: str) -> Task:
        """Return the task of a type; raises NoHandler."""
        ...


class Performer:
    """Calls handlers and turns whatever they do into endings; nothing a handler does ends a slot."""

    def __init__(
        self,
        tasks: TaskFinder,
        outbox: Endings,
        loop: EventLoop,
        settings: WorkerSettings,
        clock: Clock,
        meter: Callable[[], Meter] = ThreadMeter,
    ) -> None:
        self._meter = meter
        self._notes_all = settings.measure or settings.result_ttl_s is not None
        self._tasks = tasks
        self._outbox = outbox
        self._loop = loop
        self._settings = settings
        self._now_s = clock.now
        self._tracers = Tracers(clock.now)
        self._forks = ancestry.forks

    def perform(self, run: Run) -> None:
        """Run one job and post its ending, unless the run has been ended meanwhile."""
        if run.ended:
            return
        try:
            cancelled = run.context.cancel_cause is not None
            settlement = settle_cancelled(run.job, None) if cancelled else self._settle(run)
        except BaseException as error:  # noqa: BLE001 - making the ending of a failure may fail too
            settlement = settle_unsettled(run.job, error, run.elapsed_s(self._now_s()))
        if run.task is not None and run.task.ack == "each":
            run.written = Event()
        if self._post(run, settlement):
            # With ack "each" the slot begins nothing else until this ending is written.
            run.await_written()
        else:
            if run.context.cancel_cause is CancelCause.LEASE_LOST:
                self._outbox.put_late(run, settlement)
            log_event("result_refused", logging.WARNING, **run.facts, ending=settlement.ending.value)

    def fail(self, run: Run, error: BaseException) -> None:
        """End a run whose error ended the thread of its slot."""
        log_event("slot_failed", logging.ERROR, **run.facts, error_class=type(error).__name__)
        how = f"the worker's own part of the run failed: {describe_error(error).class_name}"
        self._post(run, settle_lost(run.job, how, run.elapsed_s(self._now_s())))

    def time_out(self, run: Run, limit_s: float, elapsed_s: float) -> bool:
        """End a run that exceeded its limit; False when it has ended just now."""
        settlement = settle_timeout(run.job, limit_s, elapsed_s, self._rule(run))
        return self._post(run, settlement)

    def _settle(self, run: Run) -> Settlement:
        tracer = self._tracers.find()
        return self._run(run) if tracer is None else traced(tracer, run, self._run)

    def _run(self, run: Run) -> Settlement:
        job, context = run.job, run.context
        run.timeout_s = job.timeout_s
        told_of, cause = current_job.set(run), bind_cause(context)
        started_s = run.started_s = self._now_s()
        if run.told:
            log_event("job_started", logging.INFO, **run.facts)
        try:
            value = self._call(run)
            if ancestry.forks != self._forks:
                end_fork()
            took_s = self._now_s() - started_s
            if context.cancel_cause is not None and context.gave_way:
                return settle_cancelled(job, took_s)
            if value is None:
                return Settlement(job.id, job.fence, job.type, Ending.COMPLETED, took_s)
            return settle_return(job, value, took_s, self._rule(run))
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises is its ending, SystemExit too
            if ancestry.forks != self._forks:
                end_fork(error)
            took_s = self._now_s() - started_s
            if context.gave_way:
                return settle_cancelled(job, took_s)
            return settle_raise(job, error, took_s, self._rule(run))
        finally:
            unbind_cause(cause)
            current_job.reset(told_of)

    def _call(self, run: Run) -> object:
        job, context = run.job, run.context
        task = run.task = self._tasks.find(job.type)
        if run.timeout_s is None:
            run.timeout_s = task.timeout_s if task.timeout_s is not None else self._settings.job_timeout_s
        if task.measure or task.result_ttl_s is not None or self._notes_all:
            return self._call_noted(run, task)
        value = task.call(read_payload(job.payload), context)
        return value if value is None else self._run_out(value, context)

    def _call_noted(self, run: Run, task: Task) -> object:
        """Call a handler of which more is kept: what it takes of the machine, or how long its result is."""
        settings, context = self._settings, run.context
        ttl_s = task.result_ttl_s if task.result_ttl_s is not None else settings.result_ttl_s
        if ttl_s is not None:
            context.noted().expire_result(ttl_s)
        meter = self._meter() if task.measure or settings.measure else None
        is_async = False
        try:
            value = task.call(read_payload(run.job.payload), context)
            is_async = isawaitable(value)
            return self._run_out(value, context)
        finally:
            if meter is not None:
                context.noted().measure(*meter.read(is_async=is_async))

    def _run_out(self, value: object, context: Context) -> object:
        """Return what a handler gave back; an awaitable is awaited on the loop of all."""
        if isinstance(value, CoroutineType):
            return self._loop.run(value, context)
        return self._loop.run(_await(value), context) if isawaitable(value) else value

    def _post(self, run: Run, settlement: Settlement) -> bool:
        if not run.end():
            return False
        self._outbox.put(run, settlement, at_once=run.written is not None)
        return True

    def _rule(self, run: Run) -> RetryRule:
        return retry_rule(run.task.backoff if run.task is not None else Backoff(), self._settings)


async def _await(value: Awaitable[object]) -> object:
    return await value


def retry_rule(backoff: Backoff, settings: WorkerSettings) -> RetryRule:
    """Return when a failed run is tried again, spread as the worker says."""
    return RetryRule(backoff, draw(), settings.retry_jitter)


def read_payload(payload: bytes) -> object:
    """Return the value of a payload; raises BadPayload, and keeps what was stored out of the message."""
    try:
        return _decode(payload.decode())
    except (ValueError, RecursionError) as error:
        message = f"the payload is not JSON ({type(error).__name__}); it was kept as it is: cancel the job, or enqueue it anew"
        raise BadPayload(message) from None


def _decode(text: str) -> object:
    """Do what `json.loads` does, without its search for white space around the value unless there is any."""
    try:
        value, end = _scan_json(text, 0)
    except StopIteration:
        return json.loads(text)
    return value if end == len(text) else json.loads(text)
