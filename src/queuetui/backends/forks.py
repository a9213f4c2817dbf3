"""What a forked process inherits of stores and must not use.

Its parent's connections, and locks that no thread is left to release.
Such connections are dropped, never closed: a goodbye that a child sends would end its parent's session.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, RLock
from typing import Any
from weakref import WeakKeyDictionary, WeakSet


class StoreHandle:
    """What holds connections or locks: told of each fork of this process."""

    def __init__(self) -> None:
        watch(self)

    def before_fork(self) -> None:
        """Close what no child may inherit, and let nobody open it until the fork is done."""

    def after_fork(self) -> None:
        """Go on, in the parent."""

    def start_anew(self) -> None:
        """Forget every connection and lock, in the child."""


class ForkLock(StoreHandle):
    """A lock that is open in every forked child, whichever thread of the parent held it."""

    def __init__(self) -> None:
        self.start_anew()
        super().__init__()

    def start_anew(self) -> None:
        """Leave the parent's lock behind."""
        self._lock = Lock()

    def __enter__(self) -> None:
        """Take it."""
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        """Release it, unless the thread that holds it has forked in between: then it is open here."""
        with suppress(RuntimeError):
            self._lock.release()


_handles: WeakSet[StoreHandle] = WeakSet()
_connections: WeakKeyDictionary[Any, Callable[[Any], None] | None] = WeakKeyDictionary()
# One fork at a time, so that what is told before it and after it is the same.
_turn = RLock()
_told: list[list[StoreHandle]] = []


def watch(handle: StoreHandle) -> None:
    """Tell a handle of forks for as long as it lives."""
    _handles.add(handle)


def track(connection: Any, discard: Callable[[Any], None] | None = None) -> None:  # noqa: ANN401 - each driver has its own
    """Cut a connection off in every child that is forked while it is open, and then discard it there."""
    _connections[connection] = discard


@contextmanager
def unforked() -> Iterator[None]:
    """Let no other thread fork within.

    Its child would inherit, for as long as it lives, what is open for a moment only.
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
    """Point inherited sockets at nothing.

    Whatever is written to them by whomever, also at exit, reaches no server.
    """
    if not connections:
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    for connection, discard in connections:
        # One that is closed has no socket; each driver says so in its own way.
        with suppress(Exception):
            os.dup2(nothing, getattr(connection, "_sock", connection).fileno(), inheritable=False)
            if discard is not None:
                discard(connection)
    os.close(nothing)


os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_start_anew)
