"""Notifies the workers of an SQLite file: one datagram to each worker's socket after a commit.

The sockets are in a folder of the user. A client of another user, or on a system without such sockets, notifies nobody, and
its jobs are found by polling.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

HEARD_BYTES = 4096
OWNER_ONLY = 0o700


class Doorbell:
    """The socket of one worker, and the thread that listens to it."""

    def __init__(self, hear: Callable[[str], None]) -> None:
        self._path = _folder() / os.urandom(8).hex()
        self._hear = hear
        self._open = True
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        # No timeout, whatever the application's default is: there may be no datagram for hours.
        self._socket.settimeout(None)
        self._socket.bind(str(self._path))
        threading.Thread(target=self._listen, name="queuetui-doorbell", daemon=True).start()

    @property
    def address(self) -> str:
        """The path of the socket."""
        return str(self._path)

    def close(self) -> None:
        """Stop listening and delete the socket."""
        self._open = False
        with contextlib.closing(Ringer()) as ringer:
            ringer.ring([self.address], [""])
        self._path.unlink(missing_ok=True)

    def _listen(self) -> None:
        # A handler may have closed every file of the process; jobs are then found by polling.
        with contextlib.suppress(OSError), self._socket:
            while self._open:
                queue = self._socket.recv(HEARD_BYTES).decode("utf-8", "replace")
                if queue:
                    self._hear(queue)


def open_doorbell(hear: Callable[[str], None]) -> Doorbell | None:
    """Open a socket, None where the system has no such sockets or no safe folder for one."""
    if not hasattr(socket, "AF_UNIX"):
        return None
    try:
        _sweep_folder()
        return Doorbell(hear)
    except OSError:
        return None


class Ringer:
    """Sends from one socket, opened at the first send; safe to use from several threads."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._guard = threading.Lock()

    def ring(self, paths: Iterable[str], queues: Iterable[str]) -> None:
        """Send the names of queues with new jobs to each socket; sockets that are gone or full are skipped."""
        told = [queue.encode()[:HEARD_BYTES] for queue in queues]
        with self._guard:
            for path in paths:
                with contextlib.suppress(OSError):
                    try:
                        self._tell(path, told)
                    except BlockingIOError:
                        # Datagrams that stopped workers do not read fill the send buffer too, and must not block those to others.
                        self._drop_socket()
                        self._tell(path, told)

    def close(self) -> None:
        """Give back the socket."""
        with self._guard:
            self._drop_socket()

    def _tell(self, path: str, told: Iterable[bytes]) -> None:
        if self._socket is None:
            self._socket = _open_caller()
        for queue in told:
            self._socket.sendto(queue, path)

    def _drop_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _open_caller() -> socket.socket:
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    caller.setblocking(False)
    return caller


def _folder() -> Path:
    """Return the folder of this user's sockets; raises OSError where another user could write to it."""
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"queuetui-{os.getuid()}"
    folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != OWNER_ONLY:
        raise PermissionError(f"{str(folder)!r} is not a folder of this user alone")
    return folder


def _sweep_folder() -> None:
    """Delete the sockets of workers that were killed."""
    with _open_caller() as caller:
        for path in _folder().iterdir():
            try:
                caller.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError:
                continue
