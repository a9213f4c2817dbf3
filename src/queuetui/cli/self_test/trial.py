"""One self-test: marked jobs through a queue of their own, each followed to its end and deleted."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from queuetui.cli.self_test.handlers import DRY, FAIL, RETRY, SUCCEED
from queuetui.client.new_job import JobOptions, make_job
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.worker import Worker
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.counted import counted
from queuetui.model.declaration import Declaration, declare, dry_handlers
from queuetui.model.errors import NotFound, QueueTuiError
from queuetui.model.examination import Check, Finding, Level
from queuetui.model.job import Enqueued, Job
from queuetui.model.state import FINAL, State
from queuetui.model.text import sanitize

if TYPE_CHECKING:
    from types import FrameType

    from queuetui.backends.backend import NativeBackend
    from queuetui.model.limits import Limits

MARK = "queuetui-self-test"
WITHIN_S = 30.0
# The test's worker polls this seldom, so that a job that it takes sooner was notified.
POLLS_EVERY_S = 5.0
PUSHED_WITHIN_S = 2.0
DELAY_S = 1.0
AT_ONCE = 10
_LOOK_EVERY_S = 0.05


@dataclass
class Trial:
    """The jobs of one self-test, in a queue with a unique name."""

    backend: NativeBackend
    limits: Limits
    queue: str = field(default_factory=lambda: f"{MARK}-{os.urandom(4).hex()}")
    jobs: list[str] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)

    def run(self) -> tuple[Finding, ...]:
        """Return the result of each trial.

        At the end, also after an error, its jobs are deleted and its worker is stopped.
        """
        with stoppable(), silent_worker():
            try:
                with self._worker():
                    for name, attempt in (*_TRIALS.items(), *_dry_trials()):
                        self.found.append(_told(name, partial(attempt, self)))
            finally:
                self.found.append(_told("clean up", self._clean_up))
        return tuple(self.found)

    def enqueue(self, job_type: str, **options: Any) -> Enqueued:
        """Enqueue a marked job."""
        asked: JobOptions = {"queue": self.queue, "tags": (MARK,), **options}  # type: ignore[typeddict-item]  # named by the trials
        (made,) = self.backend.jobs.enqueue((make_job(job_type, {}, asked),))
        self.jobs.append(made.id)
        return made

    def follow(self, job_id: str) -> Job:
        """Return a job once it has ended; raises Stalled."""
        ends_s, moment = time.monotonic() + WITHIN_S, threading.Event()
        while (job := self.backend.inspector.get(job_id)).state not in FINAL:
            if time.monotonic() > ends_s:
                raise Stalled(f"its job is still {job.state} after {WITHIN_S:g} s")
            moment.wait(_LOOK_EVERY_S)
        return job

    @contextmanager
    def _worker(self) -> Iterator[None]:
        settings = WorkerSettings(queues=(self.queue,), sleep_s=POLLS_EVERY_S, grace_s=5.0)
        worker = Worker(self.backend, settings)
        thread = threading.Thread(target=worker.run, name=MARK, daemon=True)
        thread.start()
        try:
            yield
        finally:
            worker.stop("the self-test is over")
            thread.join(WITHIN_S)

    def _clean_up(self) -> str:
        """Delete every job of the test; raises Stalled where one stays."""
        left = self._still_there()
        for verb in (Verb.CANCEL, Verb.DELETE):
            left = self._still_there()
            act = Act(verb, f"{MARK} {socket.gethostname()}/{os.getpid()}", "the self-test is over")
            waiting = [Target(job.ref) for job in left if verb is Verb.DELETE or job.state not in FINAL]
            results = self.backend.operator.apply(act, waiting, self.limits) if waiting else ()
            if any(one.outcome is Outcome.FAILED for one in results):
                raise Stalled(f"{verb.value} failed for {counted(len(results), 'job')}")
        if stays := self._still_there():
            raise Stalled(f"{counted(len(stays), 'job')} of queue {self.queue} could not be deleted")
        return f"{counted(len(left), 'job')} of queue {self.queue} deleted"

    def _still_there(self) -> Sequence[Job]:
        found = []
        for job_id in dict.fromkeys(self.jobs):
            try:
                found.append(self.backend.inspector.get(job_id))
            except NotFound:
                continue
        return found


class Stalled(QueueTuiError):
    """A trial waited in vain."""


def _succeed(trial: Trial) -> str:
    _expect(trial.follow(trial.enqueue(SUCCEED).id), State.COMPLETED, 1)
    return "a job was enqueued, run and completed"


def _push(trial: Trial) -> str:
    began_s = time.monotonic()
    job = trial.follow(trial.enqueue(SUCCEED).id)
    took_s = time.monotonic() - began_s
    _expect(job, State.COMPLETED, 1)
    if took_s > PUSHED_WITHIN_S:
        raise Stalled(f"a job was taken after {took_s:.1f} s: this store told the worker nothing, it polls")
    return f"a job was taken as soon as it was told to an idle worker, done after {took_s:.2f} s"


def _fail(trial: Trial) -> str:
    job = trial.follow(trial.enqueue(FAIL).id)
    _expect(job, State.FAILED, 1)
    if job.error is None or "asked for by queuetui doctor" not in sanitize(job.error.message):
        raise Stalled("its error was not kept")
    return "a job that raises is failed, with its error"


def _retry(trial: Trial) -> str:
    _expect(trial.follow(trial.enqueue(RETRY).id), State.COMPLETED, 2)
    return "a job that failed once was tried again and completed"


def _delay(trial: Trial) -> str:
    job = trial.follow(trial.enqueue(SUCCEED, delay=DELAY_S).id)
    _expect(job, State.COMPLETED, 1)
    if job.started_at is None or job.scheduled_at is None or job.started_at < job.scheduled_at:
        raise Stalled(f"it began at {job.started_at}, before it was due at {job.scheduled_at}")
    return f"a job that is due in {DELAY_S:g} s did not begin before"


def _duplicate(trial: Trial) -> str:
    key = f"{trial.queue}-key"
    first, second = (trial.enqueue(SUCCEED, idempotency_key=key) for _ in range(2))
    if second.created or second.id != first.id:
        raise Stalled("a second job with the same key was made")
    _expect(trial.follow(first.id), State.COMPLETED, 1)
    return "a second job with the same key is the first one"


def _ten(trial: Trial) -> str:
    jobs = [trial.enqueue(SUCCEED).id for _ in range(AT_ONCE)]
    for one in jobs:
        _expect(trial.follow(one), State.COMPLETED, 1)
    return f"{AT_ONCE} jobs at once were each run once"


def _dry_trials() -> Iterator[tuple[str, Callable[[Trial], str]]]:
    """Yield a trial for each declared type that offers a dry handler."""
    for job_type, handler in dry_handlers():
        dry_type = f"{DRY}.{job_type}"
        declare(Declaration(dry_type, handler, max_attempts=1))
        yield f"dry run of {job_type}", partial(_dry, dry_type=dry_type)


def _dry(trial: Trial, dry_type: str) -> str:
    job = trial.follow(trial.enqueue(dry_type).id)
    if job.error is not None:
        why = f"{sanitize(job.error.class_name)}: {sanitize(job.error.message)}"
        raise Stalled(f"its dry handler failed with {why}")
    _expect(job, State.COMPLETED, 1)
    return "its dry handler was run and completed"


_TRIALS: dict[str, Callable[[Trial], str]] = {
    "success": _succeed,
    "live push": _push,
    "failure": _fail,
    "retry": _retry,
    "delay": _delay,
    "duplicate key": _duplicate,
    "ten at once": _ten,
}


def _expect(job: Job, state: State, attempts: int) -> None:
    if job.state is not state or job.attempts != attempts:
        raise Stalled(f"its job ended {job.state} after {job.attempts} attempts, not {state} after {attempts}")


def _told(name: str, attempt: Callable[[], str]) -> Finding:
    """Return the result of one trial."""
    began_s = time.monotonic()
    try:
        story, level, step = attempt(), Level.OK, ""
    except QueueTuiError as error:
        level = Level.WARNING if name == "live push" else Level.CRITICAL
        story, step = str(error), f"look at what is left of it: queuetui jobs tag:{MARK}"
    evidence: dict[str, object] = {"trial": name, "took_s": round(time.monotonic() - began_s, 3)}
    return Finding(Check.SELF_TEST, level, f"{name}: {story}", evidence, step)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let TERM end the test like Ctrl-C, so that it cleans up."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end) if threading.current_thread() is threading.main_thread() else None
    try:
        yield
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def silent_worker() -> Iterator[None]:
    """Keep the worker's log of intended failures off stderr."""
    logger = logging.getLogger("queuetui")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)
