"""Cancels a read that is no longer needed, from another thread than the one that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock


class Interrupted(Exception):
    """The read was cancelled by its caller, who needs no message about it."""


class Interruption:
    """Cancels the reads of one thread.

    `interrupt` may be called by any thread, also twice, before a read begins or after it ended.
    It may block until the store has received the cancel request.
    """

    def __init__(self) -> None:
        # Held while the cancel request is sent, so that it cannot hit a later read.
        self._guard = RLock()
        self._stops: list[Callable[[], object]] = []
        self.is_set = False

    def interrupt(self) -> None:
        """Cancel the read in progress, and every later one."""
        with self._guard:
            self.is_set = True
            for stop in self._stops:
                stop()

    def check(self) -> None:
        """Raise Interrupted if `interrupt` was called."""
        if self.is_set:
            raise Interrupted

    @contextmanager
    def stopping_by(self, stop: Callable[[], object]) -> Iterator[None]:
        """Call `stop` when the read is cancelled within the block.

        The block then raises Interrupted, however it ended.
        """
        with self._guard:
            self.check()
            self._stops.append(stop)
        try:
            yield
        except Exception:
            self.check()
            raise
        finally:
            with self._guard:
                self._stops.remove(stop)
        self.check()


_NEVER = Interruption()
_current: ContextVar[Interruption] = ContextVar("interruption", default=_NEVER)


def current_interruption() -> Interruption:
    """Return the interruption of this thread's reads; by default one that is never called."""
    return _current.get()


@contextmanager
def interruptible(interruption: Interruption) -> Iterator[None]:
    """Let `interruption` cancel the reads of this thread within the block."""
    token = _current.set(interruption)
    try:
        yield
    finally:
        _current.reset(token)
