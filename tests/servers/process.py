"""One running server process."""

from __future__ import annotations

import contextlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from tests.servers.identity import Identity
from tests.waiting import wait_until

STOP_TIMEOUT_S = 20
START_TIMEOUT_S = 30
PORTS = range(15000, 32000)


def free_port() -> int:
    """Find a port that nobody listens on, below those that the system gives to outgoing connections."""
    for port in random.sample(PORTS, k=100):
        with socket.socket() as probe:
            # As the servers do, so that a port in TIME_WAIT counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    msg = f"no port of {PORTS.start} to {PORTS.stop} is free"
    raise RuntimeError(msg)


def short_folder(wanted: Path | None = None) -> Path:
    """Make a folder with a path short enough for a unix socket, which anyone may reach, or the one that is wanted."""
    if wanted is not None:
        wanted.mkdir()
        return wanted
    parent = "/tmp" if Path("/tmp").is_dir() else None
    return Path(tempfile.mkdtemp(prefix="qt-", dir=parent))


class ServerProcess:
    """A server that can be started again, stopped, killed and frozen, always through its own process id."""

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        identity: Identity,
        *,
        is_ready: Callable[[], bool],
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._command = command
        self._folder = folder
        self._identity = identity
        self._is_ready = is_ready
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "server.log"

    def start(self) -> None:
        """Start the server and return once it answers."""
        self._process = self._identity.spawn(self._command, self._folder, self._log)
        try:
            wait_until(self._is_up, START_TIMEOUT_S, awaiting=f"{self._command[0]} to answer")
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask the server to end and wait until it has."""
        self._end(self._stop_signal)

    def kill(self) -> None:
        """End the server without warning."""
        self._end(signal.SIGKILL)

    def revive(self) -> None:
        """Start the server again if it has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def pause(self) -> None:
        """Freeze the server and its children: connections stay open and nothing answers."""
        _signal_all(_family(self._running()), signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        _signal_all(_family(self._running()), signal.SIGCONT)

    def remove(self) -> None:
        """End the server, frozen or not, and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        family = _family(process)
        process.send_signal(how)
        _signal_all(family, signal.SIGCONT)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)
        for child in family[1:]:
            _end_orphan(child)

    def _is_up(self) -> bool:
        process = self._process
        if process is None or process.poll() is not None:
            tail = self._log.read_text(errors="replace")[-2000:]
            msg = f"{self._command[0]} ended while starting:\n{tail}"
            raise RuntimeError(msg)
        return self._is_ready()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            msg = f"{self._command[0]} does not run"
            raise RuntimeError(msg)
        return self._process


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    parent = psutil.Process(process.pid)
    return [parent, *parent.children(recursive=True)]


def _signal_all(family: list[psutil.Process], how: signal.Signals) -> None:
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.send_signal(how)


def _end_orphan(child: psutil.Process) -> None:
    try:
        child.kill()
    except psutil.NoSuchProcess:
        return
    wait_until(lambda: _has_ended(child), STOP_TIMEOUT_S, awaiting=f"process {child.pid} to end")


def _has_ended(process: psutil.Process) -> bool:
    try:
        # A zombie holds nothing any more; when it goes is up to the system's first process.
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
