"""What handlers fork: it ends as in any program, and nothing of it outlives the worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from queuetui.client import Queue
from queuetui.engine.children.process_end import is_dead
from tests.engine.processes import Place
from tests.waiting import wait_until

APP = """
    import concurrent.futures
    import logging
    import multiprocessing
    import os
    import signal
    import subprocess
    import sys
    from threading import Event

    from queuetui import Queue, job

    FORK = multiprocessing.get_context("fork")

    def sleep(*_):
        Event().wait(600)

    def square(number):
        logging.getLogger("app").warning("squaring")
        return number * number

    @job("terminated", max_attempts=1)
    def terminated(payload):
        process = FORK.Process(target=sleep)
        process.start()
        process.terminate()
        process.join(60)
        return process.exitcode

    @job("pool", max_attempts=1)
    def pool(payload):
        with FORK.Pool(2) as pool:
            return pool.map(square, range(4))

    @job("executor", max_attempts=1)
    def executor(payload):
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=FORK) as executor:
            return list(executor.map(square, range(4)))

    @job("preexec", max_attempts=1)
    def preexec(payload):
        sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], preexec_fn=os.setsid)
        sleeping.terminate()
        return sleeping.wait(60)

    def end_of(pid):
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    @job("returning", max_attempts=1)
    def returning(payload):
        pid = os.fork()
        return end_of(pid) if pid else "the child"

    @job("exiting", max_attempts=1)
    def exiting(payload):
        pid = os.fork()
        if not pid:
            sys.exit(3)
        return end_of(pid)

    @job("async_returning", max_attempts=1)
    async def async_returning(payload):
        pid = os.fork()
        return end_of(pid) if pid else "the child"

    def store():
        with Queue() as queue:
            queue.enqueue("square_of", {})

    @job("storing", max_attempts=1)
    def storing(payload):
        process = FORK.Process(target=store)
        process.start()
        process.join(60)
        return process.exitcode

    @job("square_of", max_attempts=1)
    def square_of(payload):
        return square(3)

    @job("leaving", max_attempts=1)
    def leaving(payload):
        process = FORK.Process(target=sleep)
        process.start()
        return process.pid
"""
AMID_APP = """
    import multiprocessing
    import os
    import subprocess
    from multiprocessing.connection import wait
    from threading import Event, current_thread

    from queuetui import job

    AMID, BESIDE = Event(), Event()
    FORK = multiprocessing.get_context("fork")
    starting = []

    def hold():
        if current_thread() in starting:
            AMID.set()
            BESIDE.wait(1)

    os.register_at_fork(before=hold)

    def start_process():
        process = FORK.Process(target=int)
        process.start()
        return wait([process.sentinel], 30) == [process.sentinel]

    def run_program():
        return subprocess.run(["true"], preexec_fn=int, capture_output=True, timeout=30).returncode == 0

    @job("starting", max_attempts=1)
    def start(payload):
        starting.append(current_thread())
        return {"process": start_process, "program": run_program}[payload]()

    @job("forking", max_attempts=1)
    def fork(payload):
        AMID.wait(30)
        child = FORK.Process(target=Event().wait, args=(600,))
        child.start()
        BESIDE.set()
"""
RESULTS = {
    "terminated": -15,
    "pool": [0, 1, 4, 9],
    "executor": [0, 1, 4, 9],
    "preexec": -15,
    "returning": 0,
    "exiting": 3,
    "async_returning": 0,
    "storing": 0,
}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A folder with the apps, whose workers end with the test."""
    made = Place(tmp_path)
    (tmp_path / "forking_app.py").write_text(dedent(APP))
    (tmp_path / "amid_app.py").write_text(dedent(AMID_APP))
    yield made
    made.end()


@pytest.mark.timed
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_what_handlers_fork_ends(place: Place, isolation: str) -> None:
    """A terminated child ends, pools come to their ends, a child that returns from its handler ends, and none is left behind."""
    with Queue(place.url) as queue:
        ids = {name: queue.enqueue(name).id for name in (*RESULTS, "leaving")}
        worker = place.start("--burst", "--isolation", isolation, "-c", "2", app="forking_app")
        assert worker.wait(60) == 0
        results = {name: result_of(queue, job_id) for name, job_id in ids.items()}
        assert queue.stats()["completed"] == len(ids) + 1
    left = results.pop("leaving")
    assert results == RESULTS
    wait_until(lambda: is_dead(left))
    squared = [told for told in place.told(worker) if told.get("message") == "squaring"]
    assert len(squared) == 9


@pytest.mark.timed
@pytest.mark.parametrize("started", ["process", "program"])
def test_what_one_handler_forks_holds_no_pipe_of_another_one(place: Place, started: str) -> None:
    """A handler hears at once that what it started has ended, though another one forks a child that lives on at that very moment."""
    with Queue(place.url) as queue:
        starting = queue.enqueue("starting", started)
        queue.enqueue("forking")
        worker = place.start("--burst", "--isolation", "thread", "-c", "2", app="amid_app")
        assert worker.wait(60) == 0
        assert (result_of(queue, starting.id), queue.stats()["completed"]) == (True, 2)


def result_of(queue: Queue, job_id: str) -> Any:
    """Return what a handler gave back, or its error."""
    job = queue.get(job_id)
    return json.loads(job.result) if isinstance(job.result, str) else job.result
