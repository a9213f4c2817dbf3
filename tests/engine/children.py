"""Handlers that only a process of their own can bear, and what is to be seen of the processes they run in."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from textwrap import dedent

import psutil

from queuetui.client import Queue
from tests.engine.processes import Place
from tests.waiting import wait_until

APP = """
    import asyncio
    import ctypes
    import logging
    import os
    import signal
    import subprocess
    import threading
    from pathlib import Path

    from queuetui import Context, Queue, job

    HERE = Path(__file__).parent
    KEPT = []

    def begin(context, *, survives=False):
        # Who ran this job before must be dead by now, unless its handler ended by itself.
        file = HERE / f"ran-{context.job_id}.txt"
        before = [int(line) for line in file.read_text().split()] if file.exists() else []
        if not survives and any(is_running(pid) for pid in before):
            (HERE / f"overlap-{context.job_id}").touch()
        with file.open("a") as runs:
            runs.write(f"{os.getpid()}\\n")
        return len(before) + 1

    def is_running(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    def hold_interpreter():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            ctypes.PyDLL(None).sleep(600)

    @job("tell")
    def tell(payload, context: Context):
        begin(context)
        context.bind(user_id=7)
        logging.getLogger("shop.tell").warning("told %s", payload)
        return {"pid": os.getpid(), "async": None}

    @job("hold")
    def hold(payload, context: Context):
        begin(context)
        context.progress(0.25, "a quarter")
        while not (HERE / "go").exists():
            threading.Event().wait(0.02)
        return "held"

    @job("stubborn")
    def stubborn(payload, context: Context):
        if begin(context) > payload.get("times", 1):
            return "done"
        hold_interpreter()

    @job("hard", hard_timeout=4)
    def hard(payload, context: Context):
        begin(context)
        hold_interpreter()

    @job("polite")
    def polite(payload, context: Context):
        begin(context, survives=True)
        while not context.cancelled():
            threading.Event().wait(0.02)
        return "left early"

    @job("cleaning")
    def cleaning(payload, context: Context):
        begin(context)
        try:
            threading.Event().wait(600)
        finally:
            (HERE / "cleaned").touch()

    @job("die")
    def die(payload, context: Context):
        if begin(context) > payload["times"]:
            return "lived"
        if payload["how"] == "exit":
            os._exit(3)
        if payload["how"] == "segfault":
            ctypes.string_at(0)
        if payload["how"] == "babble":
            for number in range(3, 64):
                try:
                    os.write(number, b"\\0\\0\\0\\4junk")
                except OSError:
                    pass
            threading.Event().wait(600)
        if payload["how"] == "threads":
            for thread in set(threading.enumerate()) - {threading.main_thread()}:
                number = ctypes.c_ulong(thread.ident)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(number, ctypes.py_object(SystemExit))
            threading.Event().wait(600)
        os.kill(os.getpid(), getattr(signal, payload["how"]))
        threading.Event().wait(600)

    @job("spawn")
    def spawn(payload, context: Context):
        begin(context)
        sleeper = subprocess.Popen(["sleep", "600"])
        (HERE / "sleeper").write_text(str(sleeper.pid))
        threading.Event().wait(600)

    @job("grow")
    def grow(payload, context: Context):
        KEPT.append(bytearray(os.urandom(1)) * (payload["mb"] * 1024 * 1024))
        return os.getpid()

    @job("loop")
    async def loop(payload, context: Context):
        await asyncio.sleep(0)
        return [os.getpid(), id(asyncio.get_running_loop())]

    @job("drowse")
    async def drowse(payload, context: Context):
        begin(context)
        try:
            await asyncio.sleep(600)
        finally:
            (HERE / "woken").touch()

    @job("careful", ack="each")
    def careful(payload, context: Context):
        return [os.getpid(), context.fence]

    @job("count")
    def count(payload, context: Context):
        with (HERE / "counted.txt").open("a") as file:
            file.write(f"{payload['n']}\\n")

    @job("nap")
    def nap(payload, context: Context):
        begin(context)
        threading.Event().wait(payload["s"])

    @job("where")
    def where(payload):
        return os.getpid()

    @job("parent")
    def parent(payload):
        with Queue() as queue:
            return queue.enqueue("where").id
"""


class ChildrenPlace(Place):
    """A folder with those handlers in it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "children_app.py").write_text(dedent(APP))

    def start_isolated(self, *options: str) -> int:
        """Start a worker of processes and return its process id."""
        return self.start("--isolation", "process", *options, app="children_app").pid

    def pids(self, job_id: str) -> list[int]:
        """Return the processes that began a job, in order."""
        file = self.folder / f"ran-{job_id}.txt"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def await_run(self, job_id: str, times: int = 1) -> int:
        """Wait until a job was begun so many times and return the process of the last."""
        return wait_until(lambda: self.pids(job_id)[times - 1 : times])[0]

    @property
    def overlaps(self) -> list[str]:
        """Jobs that were begun while an earlier process of theirs was alive."""
        return [file.name for file in self.folder.glob("overlap-*")]


def is_running(pid: int) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def family(pid: int) -> list[int]:
    """Return a worker's fork server and children."""
    return [one.pid for one in psutil.Process(pid).children(recursive=True)]


def await_end_of(*pids: int) -> None:
    """Wait until processes are gone, without a zombie left."""
    wait_until(lambda: not any(psutil.pid_exists(pid) and is_running(pid) for pid in pids))


def kill(pid: int) -> None:
    """Kill a process outright."""
    os.kill(pid, signal.SIGKILL)


def await_state(queue: Queue, job_id: str, state: str, timeout_s: float = 60) -> None:
    """Wait until a job is in a state."""
    wait_until(lambda: queue.get(job_id).state == state, timeout_s, awaiting=f"{job_id} to be {state}")
