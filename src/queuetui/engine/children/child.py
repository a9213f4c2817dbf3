"""The child process: it runs one handler at a time in its main thread, async ones on one event loop."""

from __future__ import annotations

import logging
import os
import queue
import socket
import sys
from collections.abc import Callable
from threading import Thread
from types import FrameType
from typing import TYPE_CHECKING

from queuetui.engine.children.child_outbox import ChildOutbox, end_group
from queuetui.engine.children.log_relay import LogRelay
from queuetui.engine.children.messages import (
    Bound,
    Cancel,
    Declined,
    Given,
    Logged,
    Ready,
    TypeRules,
    Work,
    Written,
    decode_for_child,
    to_ended,
    to_noted,
)
from queuetui.engine.children.pipes import ChildEnd
from queuetui.engine.children.run_marks import RunMarks
from queuetui.engine.clock import Clock, steady_s
from queuetui.engine.context import CancelCause
from queuetui.engine.event_loop import EventLoop
from queuetui.engine.held import Run
from queuetui.engine.logs import configure_logs
from queuetui.engine.meters import ProcessMeter
from queuetui.engine.performer import Performer
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.spans import flush_spans

if TYPE_CHECKING:
    from queuetui.engine.children.child_memory import ChildMemory
    from queuetui.engine.children.child_spec import ChildSpec
    from queuetui.engine.tasks import Task, Tasks
    from queuetui.model.job import ClaimedJob, Settlement

QUICK_S = 0.001


class Terminated(SystemExit):
    """Raised in a handler whose run the worker ends; it may clean up for a moment before it is killed."""


def live(spec: ChildSpec, pipe: socket.socket, page: ChildMemory) -> None:
    """Run the jobs that the worker sends until it says to leave."""
    Child(spec, ChildEnd(pipe), page).run()


class Child:
    """One child; `quick` are the types whose endings may share a message."""

    def __init__(self, spec: ChildSpec, end: ChildEnd, page: ChildMemory) -> None:
        boot = spec.boot
        self._end = end
        self._page = page
        self._worker_id = boot.worker_id
        self._post = ChildOutbox(end)
        self._inbox: queue.SimpleQueue[Given | None] = queue.SimpleQueue()
        self._runs: dict[int, Run] = {}
        self._cancelled: dict[int, str] = {}
        self._quick: set[str] = set()
        self._number = 0
        self._at_once = True
        settings = WorkerSettings(
            job_timeout_s=boot.job_timeout_s,
            retry_jitter=boot.retry_jitter,
            measure=boot.measure,
            result_ttl_s=boot.result_ttl_s,
        )
        self._performer = Performer(
            _ReportingTasks(spec.tasks, self._post), self, EventLoop(), settings, Clock(), ProcessMeter
        )

    def run(self) -> None:
        """Say that this child is ready, and work."""
        self._marks = RunMarks(self._terminate)
        os.register_at_fork(after_in_child=self._take_leave)
        logging.getLogger().addHandler(LogRelay(self._log))
        logging.captureWarnings(capture=True)
        for work in (self._receive, self._post.run):
            Thread(target=_serve, args=(work,), name=f"queuetui-{work.__name__}", daemon=True).start()
        self._post.put(Ready(), at_once=True)
        while (given := self._next()) is not None:
            self._perform(*given)
        self._post.rest()
        flush_spans()

    def put(self, run: Run, settlement: Settlement, *, at_once: bool = False) -> None:
        """Take the ending of the current run, as the outbox of the performer."""
        self._page.end(self._number)
        length_s = settlement.duration_s
        if length_s is not None and length_s < QUICK_S:
            self._quick.add(settlement.type)
        else:
            self._quick.discard(settlement.type)
        waits = run.written is not None
        notes = run.context.notes
        # In one message: notes that the outbox's thread read a moment before must not replace the run's last ones.
        told = () if notes is None else (to_noted(self._number, notes),)
        bound = (Bound(self._number, dict(run.bound)),) if run.context.has_bound else ()
        self._post.put(*told, *bound, to_ended(self._number, settlement, waits=waits), at_once=at_once or self._at_once)

    def put_late(self, run: Run, settlement: Settlement) -> None:
        """Drop an ending that comes after its lease: the worker kills a child whose lease is lost."""

    def _next(self) -> Given | None:
        if self._inbox.empty():
            self._post.rest()
        return self._inbox.get()

    def _perform(self, number: int, told: bool, job: ClaimedJob) -> None:
        if not self._page.begin(number, steady_s()):
            self._post.put(Declined(number), at_once=True)
            return
        self._number, self._at_once = number, job.type not in self._quick
        run = self._runs[number] = Run(job, self._worker_id, told=told)
        if (cause := self._cancelled.pop(number, None)) is not None:
            run.context.cancel(CancelCause(cause))
        if self._at_once:
            # Endings must not wait for a handler that may take any time.
            self._post.flush()
        self._post.watch(number, run.context)
        try:
            self._performer.perform(run)
        finally:
            self._marks.remove()
            self._page.end(number)
            del self._runs[number]
            self._cancelled.pop(number, None)

    def _receive(self) -> None:
        """Receive the worker's messages; when the worker is gone, end at once with all that was started here."""
        while True:
            frames = self._end.receive()
            if not frames:
                end_group()
            for frame in frames:
                for message in decode_for_child(frame):
                    self._take(message)

    def _take(self, message: object) -> None:
        if isinstance(message, Work):
            for given in message.jobs:
                self._inbox.put(given)
        elif isinstance(message, Cancel):
            self._cancel(message)
        elif isinstance(message, Written):
            run = self._runs.get(message.number)
            if run is not None:
                run.close()
        else:
            self._inbox.put(None)

    def _cancel(self, message: Cancel) -> None:
        self._cancelled[message.number] = message.cause
        run = self._runs.get(message.number)
        if run is not None:
            run.context.cancel(CancelCause(message.cause))

    def _log(self, told: Logged) -> None:
        self._post.put(told, at_once=self._at_once)

    def _take_leave(self) -> None:
        """In a process that a handler forked: leave the pipe to this child, and log without it."""
        self._end.pipe.close()
        configure_logs(sys.stderr, as_json=not sys.stderr.isatty(), level=logging.getLogger().level)

    def _terminate(self, _number: int, _frame: FrameType | None) -> None:
        """End the run that the worker's TERM is meant for; any other TERM is for the worker to act on."""
        if self._page.is_condemned:
            raise Terminated


def _serve(work: Callable[[], None]) -> None:
    """Run a thread that the child depends on; if it fails with anything, end this process."""
    try:
        work()
    finally:
        end_group()


class _ReportingTasks:
    """Reports the rules of each type to the worker before its first run, as the worker loads no handlers."""

    def __init__(self, tasks: Tasks, post: ChildOutbox) -> None:
        self._tasks = tasks
        self._post = post
        self._met: set[str] = set()

    def find(self, job_type: str) -> Task:
        """Return the task of a type; raises NoHandler."""
        task = self._tasks.find(job_type)
        if job_type not in self._met:
            self._met.add(job_type)
            self._post.put(TypeRules(job_type, task.backoff, task.timeout_s), at_once=True)
        return task
