"""What a handler does to itself, and what of it reaches its worker: nothing."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from queuetui.backends.base import JobStore, Step
from queuetui.client import Queue
from queuetui.engine.context import Context
from queuetui.engine.executor import ThreadExecutor
from queuetui.engine.held import Run
from queuetui.engine.outcome import Retry, Snooze
from queuetui.engine.performer import Performer
from queuetui.engine.settings import WorkerSettings
from queuetui.model.backoff import Backoff
from queuetui.model.job import Settlement
from tests.engine.conftest import StartWorker
from tests.engine.failing_store import FailingStore
from tests.engine.working import Told, declare_handler


@pytest.fixture
def queue_url() -> str:
    """The same everywhere: what is tested is the worker."""
    return f"memory://{uuid4().hex}"


class Silent(Exception):
    """Its own methods raise, with what ends a thread."""

    def __str__(self) -> str:
        raise SystemExit

    __repr__ = __str__


class Bodiless(Retry):
    """It was never made as what it is."""

    def __init__(self) -> None:
        """Leave all away."""


class Soon(Backoff):
    """A back-off that fails."""

    def delay_s(self, ended_attempts: int, chance: float) -> float:
        """Fail."""
        raise SystemExit(ended_attempts)


class Odd(Backoff):
    """A back-off that is not one."""

    def delay_s(self, ended_attempts: int, chance: float) -> float:
        """Return no number."""
        return "soon"  # type: ignore[return-value]  # what is tested


def spoil(wish: Retry | Snooze, **fields: object) -> Retry | Snooze:
    """Return a wish that was changed after it was made."""
    for name, value in fields.items():
        setattr(wish, name, value)
    return wish


SPANS: list[Any] = ["60", Decimal(1), float("nan"), float("inf"), -1, True, b"1", [], 10**5000, timedelta(-1)]


@pytest.mark.parametrize("kind", [Retry, Snooze])
def test_a_wish_that_cannot_be_granted_is_refused_where_it_is_made(kind: type[Retry | Snooze]) -> None:
    """A delay is seconds or a timedelta, a time is aware, and the message says so."""
    for span in SPANS:
        with pytest.raises((TypeError, ValueError), match="the delay is"):
            kind(span)
    for at in ("2030-01-01", 5):
        with pytest.raises(TypeError, match="aware datetime"):
            kind(at=at)  # type: ignore[arg-type]  # what is refused
    assert kind(timedelta(minutes=1)).delay_s == 60


RETURNED: list[tuple[Callable[[], object], str]] = [
    (lambda: Retry("60"), "TypeError"),  # type: ignore[arg-type]  # what is refused
    (lambda: spoil(Snooze(1), delay_s="60"), "TypeError"),
    (lambda: spoil(Retry(1), delay_s=float("nan")), "ValueError"),
    (lambda: spoil(Snooze(1), at="now"), "TypeError"),
    (Bodiless, "AttributeError"),
    (lambda: (yield), "ReturnedGenerator"),
    (lambda: map(print, [1]), "ReturnedGenerator"),
    (lambda: {"sent": [asyncio.sleep(0)]}, "ReturnedGenerator"),
    (lambda: [(n for n in "ab")], "ReturnedGenerator"),
    (lambda: Retry, "Retry"),
]


RAISED: list[tuple[Callable[[], BaseException], str]] = [
    (lambda: spoil(Retry(1), delay_s="60"), "BadEnding"),
    (lambda: spoil(Snooze(1), delay_s=Decimal(60)), "BadEnding"),
    (Bodiless, "BadEnding"),
    (lambda: Silent("x"), f"{__name__}.Silent"),
    (lambda: ValueError("x" * 10**7), "ValueError"),
    (lambda: type("Odd", (Exception,), {"__module__": 5})("x"), "5.Odd"),
    (lambda: ExceptionGroup("all", [ValueError("\ud800\0"), Silent()]), "ExceptionGroup"),
    (SystemExit, "SystemExit"),
    (GeneratorExit, "GeneratorExit"),
]


def test_an_ending_that_cannot_be_kept_is_the_jobs_own_failure(queue: Queue, start_worker: StartWorker) -> None:
    """Whatever a handler returns or raises, its job has an ending, its slot goes on and so does the writer."""
    worker = start_worker(concurrency=1)

    def raising(make: Callable[[], BaseException]) -> Callable[[object], None]:
        def run(_: object) -> None:
            raise make()

        return run

    cases: list[tuple[Callable[..., object], str]] = [(lambda _, make=make: make(), name) for make, name in RETURNED]
    cases += [(raising(make), name) for make, name in RAISED]
    for handler, class_name in cases:
        job = queue.wait(queue.enqueue(declare_handler(handler), max_attempts=1).id)
        assert (job.state, job.error and job.error["class"]) == ("failed", class_name)
    worker.stop()


@pytest.mark.parametrize("backoff", [Soon(), Odd()])
def test_a_back_off_that_fails_gives_way_to_the_usual_one(
    queue: Queue, start_worker: StartWorker, backoff: Backoff
) -> None:
    """The run is tried again, and its error tells why so."""

    def fail(_: object) -> None:
        raise ValueError("own")

    job = queue.enqueue(declare_handler(fail, backoff=backoff))
    start_worker(burst=True, retry_jitter=None).wait()
    seen = queue.get(job.id)
    assert (seen.state, seen.error and seen.error["class"]) == ("retrying", "ValueError")
    assert seen.error is not None
    assert "the back-off failed" in seen.error["traceback"]


def test_rubbish_given_to_a_context_is_the_handlers_own_error(
    queue: Queue, start_worker: StartWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """Progress, counters and log lines are checked where they are given, so that the writer can write them."""
    # The test runner's own log handler raises what a record that cannot be formatted raises.
    caplog.set_level("WARNING")
    calls: list[Callable[[Any], object]] = [
        lambda context: context.progress("x"),
        lambda context: context.progress(0.5, 5),
        lambda context: context.progress(0.5, ["a"]),
        lambda context: context.count(5),
        lambda context: context.count("n", "1"),
        lambda context: context.count("n", 1j),
        lambda context: context.count("n", Decimal(1)),
        lambda context: context.count("n", float("nan")),
        lambda context: context.count("n", 10**5000),
        lambda context: setattr(context, "notes", 5),
        lambda context: setattr(context, "cancel_cause", []),
    ]
    refused = []

    def run(_: object, context: Context) -> int:
        for call in calls:
            with pytest.raises((TypeError, ValueError, AttributeError)):
                call(context)
            refused.append(call)
        context.log.info("%d", "x", extra={"queuetui_fields": 5})
        context.log.info("x", extra={"queuetui_fields": {5: Silent()}})
        context.on_cancel(lambda: 1 / 0)
        return len(refused)

    job = queue.enqueue(declare_handler(run))
    start_worker(burst=True).wait()
    assert queue.get(job.id).result == len(calls)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("dies", [False, True], ids=["fails", "dies"])
def test_a_slot_outlives_what_nobody_foresaw(queue: Queue, start_worker: StartWorker, told: Told, dies: bool) -> None:
    """A run that ends its slot, by whatever error, is lost and runs again; a slot whose thread is gone is replaced."""
    ran, failed = threading.Event(), threading.Event()
    perform, fail = ThreadExecutor.perform, Performer.fail

    def perform_once_wrong(executor: ThreadExecutor, run: Run) -> None:
        if not ran.is_set():
            ran.set()
            raise SystemExit
        perform(executor, run)

    def fail_once_wrong(performer: Performer, run: Run, error: BaseException) -> None:
        if dies and not failed.is_set():
            failed.set()
            raise SystemExit
        fail(performer, run, error)

    job = queue.enqueue(declare_handler(lambda _: 5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ThreadExecutor, "perform", perform_once_wrong)
        patch.setattr(Performer, "fail", fail_once_wrong)
        worker = start_worker(concurrency=1, isolation="thread")
        assert queue.wait(job.id).result == 5
        worker.stop()
    assert queue.get(job.id).lost == 1
    assert bool(told.of("slots_replaced")) is dies


class Picky(FailingStore):
    """A store that cannot pack some endings, as if they had got past all checks."""

    def __init__(self, store: JobStore, refuses: Callable[[Settlement], bool]) -> None:
        super().__init__(store)
        self._refuses = refuses

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Refuse, or pass on."""
        if any(map(self._refuses, settlements)):
            raise TypeError("no driver packs this")
        return self._store.step(lease_id, settlements, claim)


@pytest.mark.parametrize("refuses_all", [False, True])
def test_the_writer_outlives_an_ending_that_no_driver_packs(
    queue: Queue, start_worker: StartWorker, refuses_all: bool
) -> None:
    """Such a job fails alone, or is given back where nothing can be said of it; what ended beside it is written."""
    odd = declare_handler(lambda _: "odd")
    store = Picky(queue.backend.jobs, lambda one: one.type == odd and (refuses_all or one.result == b'"odd"'))
    jobs = [queue.enqueue(odd if n == 5 else declare_handler(lambda _: "well")) for n in range(10)]
    worker = start_worker(store, concurrency=4, jobs=None if refuses_all else 10)
    seen = [queue.wait(job.id) for n, job in enumerate(jobs) if n != 5 or not refuses_all]
    assert [one.state for one in seen].count("completed") == 9
    if not refuses_all:
        assert seen[5].error is not None
        assert seen[5].error["class"] == "BadEnding"
        worker.wait()
    assert worker.error is None


@pytest.mark.parametrize(
    "settings",
    [{"queues": ("*",)}, {"queues": "mail"}, {"queues": ()}, {"tags": "gpu"}, {"lease_s": "30"}, {"grace_s": -1}],
    ids=str,
)
def test_a_worker_is_held_to_the_same_checks(settings: dict[str, Any]) -> None:
    """Names and durations given to a worker by a program are checked as everywhere."""
    with pytest.raises((TypeError, ValueError)):
        WorkerSettings(**settings)
    assert WorkerSettings(lease_s=timedelta(minutes=1)).lease_s == 60  # type: ignore[arg-type]  # what a program may give
