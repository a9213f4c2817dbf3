"""Runs a command in a process group of its own, which ends with the command or the worker.

The leader of the group is a guard: a small shell that waits for the end of a pipe whose other end only the worker holds. However the
worker dies, the kernel closes that pipe and the guard kills the group. While the guard lives the group's id cannot be reused.
A program that leaves the group, as a daemon does, is not killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from resource import struct_rusage
from threading import Lock, Timer
from typing import IO

SHELL = "/bin/sh"
_GUARD = "trap '' TERM INT HUP; read -r _; kill -KILL 0"
TERM_GRACE_S = 1.0
# A killed process may stay in a system call for a while; the ending of the run is delayed by no more than this.
DEATH_WITHIN_S = 10.0


class CommandGroup:
    """One running command; `terminate` and `kill` may be called from any thread."""

    def __init__(self, command: str, environment: Mapping[str, str]) -> None:
        self._lock = Lock()
        self._over = False
        self._timer: Timer | None = None
        # The resource usage of the command and the processes that it waited for, once it has ended.
        self.used: struct_rusage | None = None
        quiet = subprocess.DEVNULL
        self._guard = subprocess.Popen(
            [SHELL, "-c", _GUARD], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, process_group=0
        )
        try:
            self.process = subprocess.Popen(
                [SHELL, "-c", command],
                stdin=quiet,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                process_group=self._guard.pid,
            )
        except BaseException:
            self._end_guard()
            raise

    @property
    def outputs(self) -> Mapping[str, IO[bytes]]:
        """The pipes that the command writes to."""
        pipes = {"stdout": self.process.stdout, "stderr": self.process.stderr}
        return {name: pipe for name, pipe in pipes.items() if pipe is not None}

    def wait(self) -> int:
        """Wait for the command, kill the rest of its group, and return its status, negative for a signal."""
        try:
            _, status, used = os.wait4(self.process.pid, 0)
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.used = used
            return self.process.returncode
        finally:
            self.close()

    def terminate(self) -> None:
        """Send TERM to the group, and kill what is left of it a moment later."""
        self._signal(signal.SIGTERM)
        with self._lock:
            if not self._over and self._timer is None:
                self._timer = Timer(TERM_GRACE_S, self.kill)
                self._timer.daemon = True
                self._timer.start()

    def kill(self) -> None:
        """Kill the group."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Kill what is left of the group and reap it; no signal is sent to the group afterwards."""
        with self._lock:
            if self._over:
                return
            self._over = True
            if self._timer is not None:
                self._timer.cancel()
            self._end_guard()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(DEATH_WITHIN_S)

    def _end_guard(self) -> None:
        os.killpg(self._guard.pid, signal.SIGKILL)
        self._guard.wait()
        if self._guard.stdin is not None:
            self._guard.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            if not self._over:
                os.killpg(self._guard.pid, number)
