"""The loop of the async handlers, where the system gives none."""

from __future__ import annotations

import subprocess
import sys

import pytest

from queuetui.client import Queue
from tests.engine.conftest import StartWorker
from tests.engine.working import declare_handler


@pytest.fixture
def queue_url() -> str:
    """The same everywhere: what is tested is the worker."""
    return "memory://test_event_loop"


def test_a_loop_without_a_thread_is_none(
    queue: Queue, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system starts no thread for the loop, that run fails and the next one tries again."""

    async def well(_: object) -> str:
        return "well"

    def start_none(**_: object) -> None:
        raise RuntimeError("can't start new thread")

    worker = start_worker(concurrency=1, isolation="thread")
    with monkeypatch.context() as patch:
        patch.setattr("queuetui.engine.event_loop.Thread", start_none)
        assert queue.wait(queue.enqueue(declare_handler(well), max_attempts=1).id).state == "failed"
    assert queue.wait(queue.enqueue(declare_handler(well)).id).result == "well"
    worker.stop()


_DEAF = """
import asyncio, atexit, threading, types
from queuetui.engine.context import CancelCause, Context
from queuetui.engine.event_loop import EventLoop
from queuetui.engine.outcome import Cancelled

begun = threading.Event()

async def deaf():
    while True:
        try:
            begun.set()
            await asyncio.sleep(60)
        except BaseException:
            pass

async def leaves_one():
    asyncio.get_running_loop().create_task(deaf())

atexit.register(print, "hooks ran")
loop, job = EventLoop(), types.SimpleNamespace(id="1", correlation_id=None, context=None)
loop.run(leaves_one(), Context(job, "w"))
context = Context(job, "w")
threading.Thread(target=lambda: (begun.wait(), context.cancel(CancelCause.SHUTDOWN))).start()
try:
    loop.run(deaf(), context)
except Cancelled:
    loop.close()
    loop_thread = next(one for one in threading.enumerate() if one.name == "queuetui-async")
    loop_thread.join(LONG_ENOUGH_S)
"""


@pytest.mark.parametrize("joined_s", ["0", "0.2"])
def test_a_handler_that_swallows_every_cancel_keeps_no_process(joined_s: str) -> None:
    """The program ends, its own hooks run, whether the loop's thread has got to its end by then or not."""
    program = _DEAF.replace("LONG_ENOUGH_S", joined_s)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stdout == "hooks ran\n"
