"""Idle workers hear of new jobs and do not wait for their next poll."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from queuetui.client import Queue
from queuetui.engine.claimer import Claimer, Room
from queuetui.engine.clock import Clock
from queuetui.engine.settings import WorkerSettings
from queuetui.model.worker import WorkerCard
from tests.engine.conftest import StartWorker
from tests.engine.working import declare_handler
from tests.waiting import wait_until

RARELY_S = 300.0
# The others tell nobody.
pytestmark = pytest.mark.parametrize("store_kind", ["sqlite", "postgresql", "redis"])


def test_an_idle_worker_hears_of_a_job(queue: Queue, queue_url: str, start_worker: StartWorker) -> None:
    """A worker that polls every few minutes runs a job of another client at once, and the next one of the same queue too."""
    ran = threading.Semaphore(0)
    job_type = declare_handler(lambda _: ran.release())
    start_worker(sleep_s=RARELY_S)
    with Queue(queue_url) as client:
        for _ in range(3):
            wait_until(lambda: is_idle(queue))
            client.enqueue(job_type)
            assert ran.acquire(timeout=60)


class Deaf:
    """A store that hears of nothing, and does not say so."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def listen(self, hear: object) -> None:
        """Hear nothing."""


def test_a_worker_that_hears_nothing_finds_its_jobs(queue: Queue, queue_url: str, start_worker: StartWorker) -> None:
    """Polling is the contract: where every hint is lost, jobs are found all the same, one after the other."""
    ran = threading.Semaphore(0)
    job_type = declare_handler(lambda _: ran.release())
    start_worker(Deaf(queue.backend.jobs), sleep_s=0.2)
    with Queue(queue_url) as client:
        for _ in range(3):
            wait_until(lambda: is_idle(queue))
            client.enqueue(job_type)
            assert ran.acquire(timeout=60)


def is_idle(queue: Queue) -> bool:
    """Tell whether nothing is left to do."""
    stats = queue.stats()
    return not stats["pending"] and not stats["processing"]


def test_what_is_heard(queue: Queue, queue_url: str) -> None:
    """A listener hears the queue of a new pending job, whatever its name; not of a job due later, nor of a known one."""
    heard: list[str] = []
    listener = queue.backend.jobs.listen(heard.append)
    assert listener is not None
    queue.backend.jobs.register(WorkerCard("w", "host", 1, "0", (), 1, socket=listener.address))
    with Queue(queue_url) as client:
        wait_until(lambda: client.enqueue("T", queue="ready").created and heard)
        client.enqueue("T", queue="later", delay=3600)
        client.enqueue("T", queue="mail", idempotency_key="k")
        assert not client.enqueue("T", queue="other", idempotency_key="k").created
        client.enqueue_many([client.new("T", queue="last \u2603") for _ in range(5)])
        wait_until(lambda: "last \u2603" in heard)
    assert [name for name in heard if name != "ready"] == ["mail", "last \u2603"]
    listener.close()


def test_a_wrong_hint_costs_only_a_look(queue: Queue) -> None:
    """A claimer that hears of a queue it has never seen looks at the store before it claims of it."""
    claimer = Claimer(queue.backend.jobs, WorkerSettings(), room=cast("Room", None), clock=Clock())
    claimer.hear("never seen")
    assert claimer.choose(0, None) is None
    assert claimer.found_nothing
