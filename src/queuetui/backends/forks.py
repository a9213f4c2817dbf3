"""Keeps a forked process from using its parent's connections and locks.

It inherits both, but the connections are its parent's sessions, and no thread is left to release the locks.
Inherited connections are dropped, never closed: the driver's closing message would end the parent's session.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, RLock
from typing import Any
from weakref import WeakKeyDictionary, WeakSet


class StoreHandle:
    """An owner of connections or locks, notified of each fork of this process."""

    def __init__(self) -> None:
        watch(self)

    def before_fork(self) -> None:
        """Close what no child may inherit, and let no thread open it until the fork is done."""

    def after_fork(self) -> None:
        """Resume work, in the parent."""

    def start_anew(self) -> None:
        """Forget every connection and lock, in the child."""


class ForkLock(StoreHandle):
    """A lock that is free in every forked child, even when a thread of the parent held it."""

    def __init__(self) -> None:
        self.start_anew()
        super().__init__()

    def start_anew(self) -> None:
        """Replace the parent's lock by a new one."""
        self._lock = Lock()

    def __enter__(self) -> None:
        """Take it."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Release it, unless the thread that holds it has forked meanwhile: then it is free already."""
        with suppress(RuntimeError):
            self._lock.release()


_handles: WeakSet[StoreHandle] = WeakSet()
_connections: WeakKeyDictionary[Any, Callable[[Any], None] | None] = WeakKeyDictionary()
# One fork at a time, so that the same handles are notified before and after it.
_turn = RLock()
_told: list[list[StoreHandle]] = []


def watch(handle: StoreHandle) -> None:
    """Notify a handle of forks for as long as it exists."""
    _handles.add(handle)


def track(connection: Any, discard: Callable[[Any], None] | None = None) -> None:  # noqa: ANN401 - each driver has its own
    """Disconnect a connection in every child that is forked while it is open, then call `discard` there."""
    _connections[connection] = discard


@contextmanager
def unforked() -> Iterator[None]:
    """Keep other threads from forking while the block runs.

    Their children would inherit, for as long as they live, descriptors that are meant to be open for a moment only.
    """
    with _turn:
        yield


def _before() -> None:
    _turn.acquire()
    _told.append(list(_handles))
    for handle in _told[-1]:
        handle.before_fork()


def _after() -> None:
    for handle in _told.pop():
        handle.after_fork()
    _turn.release()


def _start_anew() -> None:
    global _turn  # noqa: PLW0603 - another thread may have waited for it
    _turn = RLock()
    _told.clear()
    _cut_off(list(_connections.items()))
    _connections.clear()
    for handle in list(_handles):
        handle.start_anew()


def _cut_off(connections: list[tuple[Any, Callable[[Any], None] | None]]) -> None:
    """Replace inherited sockets by the null device.

    Whatever is written to them in this process, also at exit, reaches no server.
    """
    if not connections:
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    for connection, discard in connections:
        # A closed connection has no socket; each driver raises an error of its own.
        with suppress(Exception):
            os.dup2(nothing, getattr(connection, "_sock", connection).fileno(), inheritable=False)
            if discard is not None:
                discard(connection)
    os.close(nothing)


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_start_anew)
