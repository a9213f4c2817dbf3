"""An SQLite file: one connection that writes, under a lock, and one that reads."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.native.ids import id_text, to_bytes
from queuetui.backends.native.sql.blocks import load_blocks
from queuetui.backends.native.sql.database import Database, check_joinable
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite.doorbell import Ringer, open_doorbell
from queuetui.backends.native.sql.sqlite.session import OwnSqliteSession, SqliteSession
from queuetui.backends.sql.driver_errors import is_driver_error, translate, translated
from queuetui.backends.sql.sqlite_address import is_file, read_address
from queuetui.backends.sql.sqlite_file import FileConnection, open_file
from queuetui.backends.sql.sqlite_lost_log import is_current, watch
from queuetui.model.chance import CHANCE
from queuetui.model.errors import Conflict, Denied, NotFound, Unreachable, Unsupported
from queuetui.model.interruption import current_interruption

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.base import BackendOptions, Listener
    from queuetui.model.job_id import Span

T = TypeVar("T")
BUSY_S = 1.0
LOCKED_LIMIT_S = 20.0
# A fork waits this long for a transaction to end: longer than a transaction waits for the file's lock.
FORK_WAITS_S = 25.0
PAGE_BYTES = 4096
# The log grows to this many pages before a checkpoint, which writes a page once that many commits have changed.
CHECKPOINT_PAGES = 2000
# The page cache holds the pages that one batch changes; memory is used only as needed.
CACHE_KB = 8192
STEPS_BETWEEN_CHECKS = 10_000
NO_SOCKETS = "[]"
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb",
        "smb2",
        "smb3",
        "smbfs",
        "afs",
        "afpfs",
        "ncpfs",
        "webdav",
        "fuse.sshfs",
        "ceph",
        "lustre",
    }
    | {"glusterfs", "fuse.glusterfs", "beegfs"}
)


class SqliteDatabase(Database):
    """A file in write-ahead mode that is flushed at every commit."""

    dialect = "sqlite"

    def __init__(self, url: str, options: BackendOptions) -> None:
        super().__init__(url, options)
        self.path, self.read_only = astuple(read_address(url))
        if not options.create and not is_file(self.path):
            raise NotFound(
                f"there is no SQLite file {str(self.path)!r}; check the path, or make a queue with: queuetui enqueue"
            )
        _refuse_network(self.path)
        self.start_anew()
        watch(self)
        # The workers' sockets as of the last enqueue; a worker that registers later polls at its start.
        self._sockets = NO_SOCKETS

    def start_anew(self) -> None:
        """Begin without a connection."""
        super().start_anew()
        self._writer: FileConnection | None = None
        self._reader: FileConnection | None = None
        # Reentrant: a signal handler may fork within a transaction.
        self._write_lock = threading.RLock()
        self._read_lock = threading.RLock()
        self._held: list[threading.RLock] = []
        self._is_writing = False
        self._ringer = Ringer()

    def file_locks(self) -> Collection[threading.RLock]:
        """Return both locks."""
        return self._write_lock, self._read_lock

    def before_fork(self) -> None:
        """Close both connections: a child would inherit the state of its parent's locks."""
        self._held = [lock for lock in (self._write_lock, self._read_lock) if lock.acquire(timeout=FORK_WAITS_S)]
        # The last to go writes the log back into the file, which only the writer may.
        if self._read_lock in self._held and self._reader is not None and not self._reader.has_begun:
            self._reader.close()
            self._reader = None
        if self._write_lock in self._held and self._writer is not None and not self._writer.has_begun:
            self._writer.close()
            self._writer = None

    def after_fork(self) -> None:
        """Release the locks that were taken before the fork."""
        held, self._held = self._held, []
        for lock in held:
            lock.release()

    def create(self) -> None:
        """Create the folder and the file, readable by their owner only."""
        if is_file(self.path):
            return
        try:
            if self.path.exists():
                raise FileExistsError(errno.EEXIST, "there is something else of that name")
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise Unreachable(
                f"the file {str(self.path)!r} cannot be made: {error.strerror}; choose another place"
            ) from error
        with (
            translated("making the SQLite file"),
            closing(sqlite3.connect(self.path, isolation_level=None)) as connection,
        ):
            connection.execute(f"pragma page_size = {PAGE_BYTES}")
            connection.execute("pragma auto_vacuum = incremental")
            _be_patient(lambda: connection.execute("pragma journal_mode = wal"), "making the SQLite file")

    def write(self, doing: str, work: Callable[[Session], T], *, verbatim: bool = False) -> T:
        """Do work in one transaction that takes the write lock at its start."""
        if self.read_only:
            raise Denied(f"{doing} failed: the URL says mode=ro; take that out to write to {str(self.path)!r}")
        with self._write_lock:
            if self._is_writing:
                raise Conflict(
                    f"{doing} failed: this thread writes already, and a signal handler or a finaliser interrupted it; "
                    "let it set an event, and write from a thread"
                )
            self._is_writing = True
            try:
                connection = self._writer = self._follow(self._writer, _connect)
                if self._reader is None or self._reader.is_frozen or self._reader.is_closed:
                    self._open_reader()
                _begin_writing(connection, doing)
                session = OwnSqliteSession(connection)
                answer = work(session)
                connection.execute("commit")
            except BaseException as error:
                with translated(doing):
                    self._undo()
                if isinstance(error, Exception) and is_driver_error(error):
                    raise translate(error, doing) from error
                raise
            finally:
                self._is_writing = False
            self._sockets = session.sockets or self._sockets
            return answer

    def read(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that only reads, on one snapshot of the data."""
        return self.look(doing, lambda connection: work(OwnSqliteSession(connection)))

    def look(self, doing: str, work: Callable[[FileConnection], T]) -> T:
        """Do work that only reads, on the driver's connection."""
        with self._read_lock, translated(doing):
            connection = self._reader = self._follow(self._reader, _connect_to_read)
            connection.execute("begin")
            try:
                answer = work(connection)
            finally:
                connection.execute("rollback")
            connection.require_still(self.path)
            return answer

    def picture(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that reads one snapshot of the data, within the time that a console waits, until cancelled."""

        def take(connection: FileConnection) -> T:
            with bounded(connection, self.options.statement_timeout_s):
                return work(OwnSqliteSession(connection))

        return self.look(doing, take)

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Open the socket on which this worker is notified."""
        return open_doorbell(hear)

    def announce(self, queues: Collection[str]) -> None:
        """Notify every worker of this file."""
        if queues and self._sockets != NO_SOCKETS:
            self._ringer.ring(json.loads(self._sockets), queues)

    def join(self, connection: Connection) -> Session:
        """Return a session inside a caller's transaction."""
        check_joinable(connection, "sqlite", "pysqlite")
        return SqliteSession(
            lambda sql, values: connection.exec_driver_sql(sql, values if isinstance(values, tuple) else dict(values))
        )

    def find_between(self, connection: Connection, spans: Sequence[Span]) -> Iterable[tuple[str, int]]:
        """Look up one span after the other, on the driver's connection: there are thousands."""
        look = connection.connection.driver_connection.execute  # type: ignore[union-attr] # only None once it was given back
        between = load_blocks(self.dialect)["find_between"]
        for low, high in spans:
            for found, rev in look(between, {"low": to_bytes(low), "high": to_bytes(high)}):
                yield id_text(found), rev

    def close(self) -> None:
        """Give back every connection."""
        self.close_console()
        with self._write_lock, self._read_lock:
            # The last to go writes the log back into the file, which only the writer may.
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._writer = self._reader = None
            self._ringer.close()

    def _follow(self, connection: FileConnection | None, connect: Callable[[Path], FileConnection]) -> FileConnection:
        """Return a connection to the file that now has the name; raises Unreachable without a file or queue."""
        if connection is not None and is_current(connection, self.path):
            return connection
        follower = connect(self.path)
        if connection is not None:
            is_anew = not follower.is_same_file(connection)
            if is_anew and not follower.execute("select 1 from sqlite_schema where name = 'queuetui_meta'").fetchone():
                follower.close()
                raise Unreachable(
                    f"the SQLite file {str(self.path)!r} was made anew and holds no queue; make one with: queuetui migrate"
                )
            connection.close()
        return follower

    def _open_reader(self) -> None:
        """Open a reader for as long as there is a writer.

        If the log is deleted under them, the last connection to close must be a reader.
        """
        with self._read_lock:
            self._reader = self._follow(self._reader, _connect_to_read)

    def _undo(self) -> None:
        if self._writer is not None and self._writer.has_begun:
            self._writer.execute("rollback")


@contextmanager
def bounded(connection: FileConnection, limit_s: float) -> Iterator[None]:
    """Interrupt reads within the block after a time limit, or when the caller has cancelled them."""
    deadline = time.monotonic() + limit_s
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_CHECKS)
    try:
        with current_interruption().stopping_by(connection.interrupt):
            yield
    finally:
        connection.set_progress_handler(None, 0)


def _connect(path: Path) -> FileConnection:
    connection = open_file(path, "rw", timeout=BUSY_S, cached_statements=256)
    _be_patient(lambda: connection.execute("pragma journal_mode = wal"), "opening the SQLite file")
    connection.execute("pragma synchronous = full")
    connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute("pragma temp_store = memory")
    connection.execute(f"pragma cache_size = -{CACHE_KB}")
    connection.execute("pragma schema_version").fetchone()
    connection.note_log()
    return connection


def _connect_to_read(path: Path) -> FileConnection:
    """Open a file that may hold no queue of ours, without switching it to write-ahead mode."""
    connection = open_file(path, "ro", timeout=BUSY_S, cached_statements=256)
    connection.execute("pragma temp_store = memory")
    connection.execute(f"pragma cache_size = -{CACHE_KB}")
    return connection


def _begin_writing(connection: sqlite3.Connection, doing: str) -> None:
    try:
        connection.execute("begin immediate")
    except sqlite3.OperationalError:
        _be_patient(lambda: connection.execute("begin immediate"), doing)


def _be_patient(take_lock: Callable[[], object], doing: str) -> None:
    """Retry work that needs a lock: SQLite may answer "locked" in spite of its busy timeout."""
    deadline = time.monotonic() + LOCKED_LIMIT_S
    pause = threading.Event()
    while True:
        try:
            take_lock()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            if time.monotonic() >= deadline:
                raise Unreachable(
                    f"{doing} failed: another process kept the file locked for {LOCKED_LIMIT_S:.0f} s; look for one that hangs"
                ) from error
            pause.wait(CHANCE.uniform(0.001, 0.02))


def _refuse_network(path: Path) -> None:
    """Refuse a network file system, where other hosts do not share locks and memory."""
    import psutil

    folder = str(path.absolute().parent)
    mounts = [part for part in psutil.disk_partitions(all=True) if _is_below(folder, part.mountpoint)]
    kind = max(mounts, key=lambda part: len(part.mountpoint)).fstype if mounts else ""
    if kind in NETWORK_FILE_SYSTEMS:
        raise Unsupported(
            f"{str(path)!r} lies on a network file system ({kind}), where SQLite loses jobs; use a local disk or postgresql"
        )


def _is_below(folder: str, mountpoint: str) -> bool:
    return folder == mountpoint or folder.startswith(mountpoint.rstrip("/") + "/")
