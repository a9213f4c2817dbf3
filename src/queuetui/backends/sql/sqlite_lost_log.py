"""The log beside an SQLite file that is taken away from under open connections.

It is `-wal`, and its index `-shm`. Who has the file open goes on in the log that has no name any more, while whoever opens it anew
begins another one: jobs that neither sees, and pages that each writes over the other's. So a connection looks for its log before each
use. Where it is gone, what it holds is written into the file unless somebody has begun another one, and everything that this process
has open there is closed at once: within a process SQLite shares the index of the log, so an old and a new connection would read
each other's places.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import NoReturn, Protocol
from weakref import WeakSet

from queuetui.backends.sql.sqlite_file import FileConnection, is_held, opened_beside
from queuetui.model.errors import Unreachable

_WAITS_S = 2.0


class FileUser(Protocol):
    """Who holds connections to a file in this process."""

    def file_locks(self) -> Collection[RLock]:
        """Return the locks without which no thread uses its connections."""


_users: WeakSet[FileUser] = WeakSet()
_turn = Lock()


def watch(user: FileUser) -> None:
    """Know a user of files for as long as it lives."""
    _users.add(user)


def is_current(connection: FileConnection, path: Path) -> bool:
    """Tell whether a connection is to the file of that name and to the log beside it.

    Raises Unreachable where the log was taken away, after what can be done about it, and where the file was replaced and its log was not.
    """
    if connection.is_closed:
        return False
    is_at = connection.is_at(path)
    if is_at and not connection.has_log():
        _settle(connection, path, _reopen)
    if not is_at and connection.left_its_log(path):
        _settle(connection, path, _part)
    return is_at


def _settle(lost: FileConnection, path: Path, by: Callable[[FileConnection, Path], str]) -> NoReturn:
    """Do what can be done while no other thread is at the file; raise what was done."""
    if not _turn.acquire(blocking=False):
        raise Unreachable(f"the SQLite file {str(path)!r} is opened anew; try again")
    try:
        with _kept_off() as are_kept_off:
            if not are_kept_off or any(one.has_begun for one in opened_beside(lost)):
                raise Unreachable(
                    f"the SQLite file {str(path)!r} was parted from its log while it was in use; try again"
                )
            raise Unreachable(by(lost, path))
    finally:
        _turn.release()


def _reopen(lost: FileConnection, path: Path) -> str:
    """Save what the lost log holds and close all that is open there; return what to say of it."""
    what = f"the log beside the SQLite file {str(path)!r} was removed, or the file was moved away from it"
    others, writers = lost.has_successor(), _writers_beside(lost)
    is_saved = lost.lost_index_only() or (not others and _save(writers))
    _close_beside(lost)
    # Asked once nothing is open here. Whoever else has the log finds it gone at its next use and saves it.
    if is_saved or (not (others or writers) and is_held(path)):
        return f"{what}; it is opened anew, try again"
    why = "another program has begun a new one" if others else "nobody could write what it held into the file"
    return (
        f"{what}, and {why}: jobs that were stored or ended meanwhile may be missing; "
        "try again, and look with: queuetui doctor"
    )


def _part(lost: FileConnection, path: Path) -> str:
    """Take the log of a file that was replaced away from the one in its place; return what to say of it."""
    what = f"the SQLite file {str(path)!r} was replaced, and the log of the one before lay beside it"
    if not _save(_writers_beside(lost)) or is_held(path):
        return (
            f"{what} and would be written over it; end what has it open, remove {path.name}-wal and {path.name}-shm, "
            "and put the file there once more"
        )
    _close_beside(lost)
    for name in ("-wal", "-shm"):
        Path(f"{os.path.realpath(path)}{name}").unlink(missing_ok=True)
    return f"{what}: that was written into it and is gone; the new one is opened, try again"


def _close_beside(lost: FileConnection) -> None:
    """Close all that is open there.

    The last to go would take away the log of that name, whosever it is by now; one that only reads cannot.
    """
    for one in sorted(opened_beside(lost), key=lambda one: not one.writes):
        one.close()


def _writers_beside(lost: FileConnection) -> list[FileConnection]:
    return [one for one in opened_beside(lost) if one.writes]


def _save(writers: Collection[FileConnection]) -> bool:
    """Write the log into its file, by whatever here can write; tell whether all of it is there."""
    for one in writers:
        try:
            is_busy, *_ = one.execute("pragma wal_checkpoint(truncate)").fetchone()
        except sqlite3.Error:
            return False
        if is_busy:
            return False
    return bool(writers)


@contextmanager
def _kept_off() -> Iterator[bool]:
    """Keep all other threads off the files; yield whether they are."""
    taken: list[RLock] = []
    try:
        wanted = [lock for user in list(_users) for lock in user.file_locks()]
        for lock in wanted:
            if not lock.acquire(timeout=_WAITS_S):
                break
            taken.append(lock)
        yield len(taken) == len(wanted)
    finally:
        for lock in taken:
            lock.release()


def _start_anew() -> None:
    global _turn  # noqa: PLW0603 - one lock a process is what it is for
    _turn = Lock()


os.register_at_fork(after_in_child=_start_anew)
