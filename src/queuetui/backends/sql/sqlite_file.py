"""Connections to an SQLite file.

They notice when another file takes its place, and read one whose folder cannot be written.
A file that is removed lives on for who has it open, so that a worker would go on with jobs that nobody else sees. A file in
write-ahead mode needs files beside it even to be read, which a reader leaves behind: while nobody has it open it is read as it
stands (`immutable`), as it is where none can be made and its log is empty; else from a copy. All are looked at again when the file changes.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import tempfile
import threading
import time
import weakref
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from queuetui.backends.sql.sqlite_locks import is_open_elsewhere
from queuetui.model.errors import Conflict, Denied, Unreachable

COPIED_AT_MOST_BYTES = 512 * 1024 * 1024
_COPY_TRIES = 3
_AS_IT_STANDS = "mode=ro&immutable=1"
# Where the header says how the file is written and read.
_VERSIONS, _WRITE_AHEAD = slice(18, 20), b"\x02\x02"
# How much of an identity is of the file itself.
_OF_THE_FILE = 4
_OF_THE_NODE = 2
_UNWRITABLE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
Identity = tuple[int, ...]
# The name itself, its log, and the index of that; 0 for what is not there.
Nodes = tuple[int, int, int]
_LOG = 1
# How long a log is waited for that somebody is about to make.
_LOG_AWAITED_S = 3.0
_guard = threading.Lock()


class FileConnection(sqlite3.Connection):
    """A connection that knows which file it opened.

    `folder` is where its copy lies, `is_idle` tells that nobody has it open.
    """

    identity: Identity
    is_frozen = False
    is_idle = False
    is_closed = False
    writes = False
    folder: Path | None = None
    # The name that was opened and the log of the file that it led to, with what stood there.
    opened: Path
    log: str
    beside: Nodes = (0, 0, 0)

    @property
    def has_begun(self) -> bool:
        """Whether a transaction is under way."""
        return not self.is_closed and self.in_transaction

    def is_at(self, path: Path) -> bool:
        """Tell whether the file of that name is still the one that was opened.

        Raises Unreachable where there is none.
        """
        return self.identity == _identify(path, frozen=self.is_frozen)

    def is_at_node(self, path: Path) -> bool:
        """Tell whether the file of that name is the one that was opened, whatever was written to it since."""
        found = path.stat()
        return self.identity[:_OF_THE_NODE] == (found.st_dev, found.st_ino)

    def is_same_file(self, other: FileConnection) -> bool:
        """Tell whether two connections opened one file, whatever was written to it between."""
        return self.identity[:_OF_THE_NODE] == other.identity[:_OF_THE_NODE]

    def require_still(self, path: Path) -> None:
        """Raise Conflict where a file that is read as it stands was written meanwhile.

        What was read may be parts of two pictures.
        """
        if self.is_frozen and self.identity[:_OF_THE_FILE] != _identify(path, frozen=True)[:_OF_THE_FILE]:
            raise Conflict(f"the SQLite file {str(path)!r} was written while it was read as it stands; look again")

    def note_log(self) -> None:
        """Note which log was opened, once something was read: it is there before."""
        self.beside = _nodes_beside(self.opened, self.log)

    def has_log(self) -> bool:
        """Tell whether the log that was opened still stands beside the file of that name."""
        found = _nodes_beside(self.opened, self.log)
        if found == self.beside or self.is_frozen:
            return True
        if any(before not in {0, now} for before, now in zip(self.beside, found, strict=True)):
            return False
        # It was in no write-ahead mode before.
        self.beside = found
        return True

    def left_its_log(self, path: Path) -> bool:
        """Tell whether the log of this file lies beside another one of that name."""
        log = self.beside[_LOG]
        return bool(log) and _node(_log_beside(path)) == log and not self.is_at_node(path)

    def lost_index_only(self) -> bool:
        """Tell whether the log itself stands where who opens the file looks for it."""
        return _node(_log_beside(self.opened)) == self.beside[_LOG]

    def has_successor(self) -> bool:
        """Tell whether somebody has written to another log by now, which must be kept."""
        return bool(_size(Path(_log_beside(self.opened))))

    def close(self) -> None:
        """Close, and delete the copy."""
        super().close()
        self.is_closed = True
        with _guard:
            _opened.discard(self)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def opened_beside(connection: FileConnection) -> list[FileConnection]:
    """Return all that this process has open of the file of a connection, itself included."""
    with _guard:
        return [one for one in _opened if one.is_same_file(connection)]


# Those of this process that may hold locks; one that is forgotten leaves by itself.
_opened: weakref.WeakSet[FileConnection] = weakref.WeakSet()


def _start_anew() -> None:
    """Leave behind a lock that another thread held when this process was forked."""
    global _guard  # noqa: PLW0603 - one lock a process is what it is for
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_start_anew)


def open_file(path: Path, mode: str, **arguments: Any) -> FileConnection:  # noqa: ANN401 - the driver's own
    """Open a file that is there, `ro` or `rw`.

    Raises Unreachable where it is gone, and the driver's errors.
    """
    _identify(path, frozen=False)
    is_idle = _is_idle(path)
    if mode == "ro" and is_idle:
        connection = _open(path, path, _AS_IT_STANDS, frozen=True, **arguments)
        connection.is_idle = True
        return connection
    connection = _open(path, path, f"mode={mode}", **arguments)
    if mode == "ro":
        try:
            connection.execute("pragma schema_version")
        except sqlite3.OperationalError as error:
            connection.close()
            if error.sqlite_errorcode & 0xFF not in _UNWRITABLE:
                raise
            return _open_frozen(path, **arguments)
        connection.note_log()
    connection.writes = mode == "rw"
    return connection


def _open(path: Path, opened: Path, options: str, *, frozen: bool = False, **arguments: Any) -> FileConnection:  # noqa: ANN401 - the driver's own
    identity = _identify(path, frozen=frozen)
    # With an empty authority, as a path may begin with two slashes.
    uri = f"file://{quote(str(opened.absolute()))}?{options}"
    connection = sqlite3.connect(
        uri, uri=True, isolation_level=None, check_same_thread=False, factory=FileConnection, **arguments
    )
    connection.identity, connection.is_frozen = identity, frozen
    connection.opened, connection.log = path, _log_beside(path)
    if not frozen:
        with _guard:
            _opened.add(connection)
    # A text that is not UTF-8 must not fail the rows around it, neither a console's nor a worker's.
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    return connection


def _open_frozen(path: Path, **arguments: Any) -> FileConnection:  # noqa: ANN401 - the driver's own
    """Open a file beside which nothing can be written."""
    if not _size(_log_of(path)):
        return _open(path, path, _AS_IT_STANDS, frozen=True, **arguments)
    folder = _copy(path)
    connection = _open(path, folder / path.name, "mode=rw", frozen=True, **arguments)
    connection.folder = folder
    connection.execute("pragma query_only = 1")
    return connection


def _is_idle(path: Path) -> bool:
    """Tell whether a file is in write-ahead mode and nobody has it open.

    Whoever has, keeps its log beside it. Who has it open without one was robbed of it, or begins it: that is waited for, as all of it
    is then soon in the file. Closing a file drops every lock of its process on it, SQLite's too: another process would then
    take the log away from under a connection. So the file is not looked into while this process has it open.
    """
    deadline, pause = time.monotonic() + _LOG_AWAITED_S, threading.Event()
    while (is_held := _is_held(path)) and time.monotonic() < deadline:
        pause.wait(0.02)
    return is_held is False


def _is_held(path: Path) -> bool | None:
    """Tell whether another process has a file open whose log is gone.

    None of a file that is in no write-ahead mode, has its log, or is open here.
    """
    try:
        with _guard:
            if _log_of(path).exists() or any(one.is_at_node(path) for one in _opened):
                return None
            with path.open("rb") as file:
                return is_open_elsewhere(file) if file.read(_VERSIONS.stop)[_VERSIONS] == _WRITE_AHEAD else None
    except OSError:
        return None


def is_held(path: Path) -> bool:
    """Tell whether another process has a file open, which this one has not."""
    with _guard, path.open("rb") as file:
        return is_open_elsewhere(file)


def _copy(path: Path) -> Path:
    """Copy a file with its log into a folder of its own.

    Raises Denied where it is too large or never at rest.
    """
    size = _size(path) + _size(_log_of(path))
    advice = "make its folder writable for this user, or have its owner checkpoint it (pragma wal_checkpoint(truncate))"
    if size > COPIED_AT_MOST_BYTES:
        raise Denied(
            f"the SQLite file {str(path)!r} cannot be read beside its log, and is too large to be copied; {advice}"
        )
    folder = Path(tempfile.mkdtemp(prefix="queuetui-copy-"))
    for _ in range(_COPY_TRIES):
        before = _identify(path, frozen=True)
        for file in (path, _log_of(path)):
            shutil.copyfile(file, folder / file.name)
        if _identify(path, frozen=True) == before:
            return folder
    shutil.rmtree(folder)
    raise Denied(f"the SQLite file {str(path)!r} changes while it is copied; {advice}")


def _log_of(path: Path) -> Path:
    return Path(_log_beside(path))


def _log_beside(path: Path) -> str:
    """Return the log of the file that a name leads to: SQLite follows links first."""
    return f"{os.path.realpath(path)}-wal"


def _nodes_beside(path: Path, log: str) -> Nodes:
    return _node(path, follow=False), _node(log), _node(f"{log.removesuffix('-wal')}-shm")


def _node(path: str | Path, *, follow: bool = True) -> int:
    try:
        return os.stat(path, follow_symlinks=follow).st_ino  # noqa: PTH116 - three times before each use of a file
    except OSError:
        return 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _identify(path: Path, *, frozen: bool) -> Identity:
    """Return what tells a file from another one.

    From the same one after a change, where it is read as if it never changed.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise Unreachable(
            f"the SQLite file {str(path)!r} is not there any more ({error.strerror}); put it back, or make a queue anew with: "
            "queuetui migrate"
        ) from None
    if not stat.S_ISREG(found.st_mode):
        raise Unreachable(f"{str(path)!r} is no file any more; put the SQLite file back, or name another place")
    if not frozen:
        return found.st_dev, found.st_ino
    log = _log_of(path)
    beside = (log.stat().st_mtime_ns, log.stat().st_size) if log.exists() else ()
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size, *beside
