"""The file `observations.db`, where the watching host keeps what it learned of queues.

The file may be deleted. It holds figures and the names they belong to, never payloads. Each module that writes a table bounds its size.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from queuetui.model.errors import Unreachable, words_of

FILE_NAME = "observations.db"
# A file of another layout is not read but created anew.
_LAYOUT = 2
_BUSY_S = 5.0
_TABLES = """
CREATE TABLE IF NOT EXISTS alarm (
  store TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, code TEXT NOT NULL,
  severity INTEGER NOT NULL, summary TEXT NOT NULL, evidence TEXT NOT NULL, next TEXT NOT NULL,
  raised_at REAL NOT NULL, seen_at REAL NOT NULL, told INTEGER NOT NULL,
  PRIMARY KEY (store, subject, name, code)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run_length (
  store TEXT NOT NULL, queue TEXT NOT NULL, type TEXT NOT NULL, day INTEGER NOT NULL, step INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  PRIMARY KEY (store, queue, type, day, step)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS type_median (
  store TEXT NOT NULL, type TEXT NOT NULL, hour INTEGER NOT NULL, runs INTEGER NOT NULL, p50_s REAL NOT NULL,
  PRIMARY KEY (store, type, hour)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS run_watcher (
  store TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, until REAL NOT NULL
) WITHOUT ROWID;
"""


class Observations:
    """The tables in the file, or in memory if it cannot be written; `problem` says why not."""

    def __init__(self, folder: Path | None, busy_s: float = _BUSY_S) -> None:
        self.problem: str | None = None
        self._lock = threading.Lock()
        try:
            if folder is None:
                raise OSError("this user has no home folder")
            self._connection = _open_file(folder / FILE_NAME, busy_s)
        except (OSError, sqlite3.Error) as error:
            where = FILE_NAME if folder is None else folder / FILE_NAME
            self.problem = (
                f"{where} cannot be written ({words_of(error)}), so what is learned is forgotten when this ends"
            )
            self._connection = _prepare(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))

    def changing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open a transaction that writes, for whose end other writers wait; raises Unreachable."""
        return self._transaction("BEGIN IMMEDIATE")

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open a transaction that reads one consistent state; raises Unreachable."""
        return self._transaction("BEGIN")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                with self._connection:
                    self._connection.execute(begin)
                    yield self._connection
            except sqlite3.Error as error:
                message = f"{FILE_NAME} cannot be used ({error}); free the disk, end who holds it, or delete it"
                raise Unreachable(message) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _open_file(path: Path, busy_s: float) -> sqlite3.Connection:
    """Open the file, readable by its owner alone; a file that is no such database is created anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _prepare(_connect(path, busy_s))
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        for ending in ("", "-journal", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{ending}").unlink()
        return _prepare(_connect(path, busy_s))


def _connect(path: Path, busy_s: float) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    return sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    try:
        (layout,) = connection.execute("PRAGMA user_version").fetchone()
        if layout not in {0, _LAYOUT}:
            raise sqlite3.DatabaseError("it has another layout")
        connection.executescript(f"{_TABLES}PRAGMA user_version = {_LAYOUT};")
    except BaseException:
        connection.close()
        raise
    return connection
