"""What an async handler does to the loop that it shares, and what of it reaches its neighbours: nothing."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import uuid4

import pytest

from queuetui.client import Queue
from queuetui.model.snapshot import Part, Watch
from tests.engine.conftest import StartWorker
from tests.engine.working import Told, declare_handler
from tests.waiting import wait_until


@pytest.fixture
def queue_url() -> str:
    """The same everywhere: what is tested is the worker."""
    return f"memory://{uuid4().hex}"


async def raise_async(error: BaseException) -> None:
    """Raise."""
    raise error


async def end_in_a_task() -> None:
    """End by a task of one's own, which asyncio lets out of the loop."""
    await asyncio.gather(raise_async(SystemExit(3)))


async def end_in_a_callback() -> None:
    """End the loop from a callback, and go on."""
    asyncio.get_running_loop().call_soon(sys.exit)
    await asyncio.sleep(0)
    raise ValueError("gone on")


async def stop_loop() -> None:
    """Stop the loop, and go on."""
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)
    raise ValueError("gone on")


async def close_loop() -> None:
    """Close the loop."""
    asyncio.get_running_loop().close()


async def set_for_all(name: str, *values: object) -> None:
    """Change what all on the loop share."""
    await getattr(asyncio.get_running_loop(), name)(*values)


async def cancel_all() -> None:
    """Cancel every task that can be seen, as programs do that end."""
    for task in asyncio.all_tasks():
        task.cancel()
    raise ValueError("gone on")


async def break_loop() -> None:
    """Break the loop itself."""
    vars(asyncio.get_running_loop())["_run_once"] = lambda: 1 / 0
    await asyncio.sleep(60)


ASYNC: list[tuple[Callable[[], Awaitable[None]], str]] = [
    (partial(raise_async, SystemExit(1)), "SystemExit"),
    (partial(raise_async, KeyboardInterrupt()), "KeyboardInterrupt"),
    (partial(raise_async, GeneratorExit()), "GeneratorExit"),
    (partial(raise_async, asyncio.CancelledError()), "asyncio.exceptions.CancelledError"),
    (partial(raise_async, BaseExceptionGroup("all", [SystemExit(1), ValueError()])), "BaseExceptionGroup"),
    (end_in_a_task, "SystemExit"),
    (end_in_a_callback, "ValueError"),
    (stop_loop, "ValueError"),
    (close_loop, "RuntimeError"),
    (cancel_all, "ValueError"),
    (partial(set_for_all, "shutdown_default_executor"), "RuntimeError"),
    (partial(set_for_all, "set_default_executor", None), "RuntimeError"),
    (partial(set_for_all, "set_task_factory", print), "RuntimeError"),
]


def test_a_neighbour_does_not_notice_how_an_async_handler_ends(queue: Queue, start_worker: StartWorker) -> None:
    """Whatever an async handler raises or does to the loop is its own failure: one that waits beside all of them completes."""
    begun, over = threading.Event(), threading.Event()

    async def neighbour(_: object) -> str:
        begun.set()
        await asyncio.to_thread(over.wait)
        return await asyncio.create_task(asyncio.to_thread(lambda: "done"))

    beside = queue.enqueue(declare_handler(neighbour))
    worker = start_worker(concurrency=2)
    wait_until(begun.is_set)
    for run, class_name in ASYNC:

        async def handler(_: object, run: Callable[[], Awaitable[None]] = run) -> None:
            await run()

        job = queue.wait(queue.enqueue(declare_handler(handler), max_attempts=1).id)
        assert (job.state, job.error and job.error["class"]) == ("failed", class_name)
    over.set()
    seen = queue.wait(beside.id)
    assert (seen.state, seen.attempts, seen.result) == ("completed", 1, "done")
    worker.stop()
    assert not queue.backend.inspector.snapshot(Watch(parts=frozenset({Part.WORKERS}))).workers


def test_a_broken_loop_is_replaced(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """When a handler breaks the loop itself, those on it fail at once and the next one has a new loop."""

    async def broken(_: object) -> None:
        await break_loop()

    async def well(_: object) -> str:
        return "well"

    job = queue.enqueue(declare_handler(broken), max_attempts=1)
    worker = start_worker(concurrency=1)
    assert queue.wait(job.id).state == "failed"
    assert queue.wait(queue.enqueue(declare_handler(well)).id).result == "well"
    worker.stop()
    assert told.of("async_loop_replaced")


def test_a_loop_that_is_held_is_left_to_those_on_it(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """A handler that awaits nothing and does not end at its limit holds up what is on its loop, and no run that begins later."""
    over = threading.Event()

    async def hold(_: object) -> None:
        over.wait()

    async def well(_: object) -> str:
        return "well"

    held = queue.enqueue(declare_handler(hold), max_attempts=1, timeout=0.1)
    worker = start_worker(concurrency=1)
    assert queue.wait(held.id).state == "failed"
    assert queue.wait(queue.enqueue(declare_handler(well)).id).result == "well"
    over.set()
    worker.stop()
    assert told.of("async_loop_replaced")
