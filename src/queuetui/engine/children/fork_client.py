"""The worker's side of the fork server: starts it, asks it for children and receives their deaths."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import queuetui
from queuetui.engine.children.child_memory import ChildMemory
from queuetui.engine.children.messages import Boot, Booted, FromForkServer, StartChild, decode_from_fork_server, encode
from queuetui.engine.children.pipes import WorkerEnd, framed
from queuetui.model.errors import BadConfig, NotFound, QueueTuiError

_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[3]); from queuetui.engine.children.fork_server import main; "
    "main(int(sys.argv[1]), int(sys.argv[2]))"
)
_SOURCE = str(Path(queuetui.__file__).parents[1])
LAST_WAIT_S = 5.0


class ForkClient:
    """Opened and used by one thread; the kernel kills the fork server when that thread ends."""

    def __init__(self, boot: Boot) -> None:
        self._boot = boot
        self._process: subprocess.Popen[bytes] | None = None
        self._end: WorkerEnd | None = None

    @property
    def pipe(self) -> socket.socket | None:
        """The socket on which the fork server sends; None while no fork server runs."""
        return None if self._end is None else self._end.pipe

    def open(self) -> None:
        """Start a fork server, which says when it is ready; raises OSError."""
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = [sys.executable, "-P", "-c", _PROGRAM, str(theirs.fileno()), str(os.getpid()), _SOURCE]
            try:
                # A session of its own: Ctrl-C on the terminal is for the worker, which lets runs end.
                self._process = subprocess.Popen(
                    arguments, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
                )
            except OSError:
                ours.close()
                raise
        self._end = WorkerEnd(ours)
        self._end.send(encode(self._boot))

    def start_child(self, child: int) -> tuple[WorkerEnd, ChildMemory]:
        """Ask for a child and return the worker's end of its pipe and the shared memory."""
        ours, theirs = socket.socketpair()
        page = ChildMemory.make()
        with theirs:
            if self._end is not None:
                try:
                    socket.send_fds(self._end.pipe, [framed(encode([StartChild(child)]))], [theirs.fileno(), page.file])
                except OSError:
                    # The fork server is gone; the next read notices that, and the child is given up then.
                    self._end.flush()
        return WorkerEnd(ours), page

    def receive(self) -> Iterator[FromForkServer]:
        """Yield the messages of the fork server."""
        if self._end is not None:
            for frame in self._end.receive():
                yield from decode_from_fork_server(frame)

    @property
    def is_gone(self) -> bool:
        """Whether a fork server was started and has ended."""
        return self._end is not None and self._end.over

    def close(self) -> None:
        """End the fork server and wait for its end."""
        if self._end is not None:
            self._end.close()
            self._end = None
        if self._process is not None:
            try:
                self._process.wait(LAST_WAIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def explain(self, booted: Booted) -> QueueTuiError:
        """Return why a fork server could not load the application."""
        said = str(booted.error)
        return NotFound(said) if booted.not_found else BadConfig(said, "--app")
