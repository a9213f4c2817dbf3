"""Breaking off a read that nobody wants any more, from another thread than the one that reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock


class Interrupted(Exception):
    """The read was broken off by who had asked for it.

    Nobody waits for the answer, so that nobody is told.
    """


class Interruption:
    """The right to break off what a thread reads.

    `interrupt` may be called by any thread, also twice, too early or too late.
    It may block for as long as the store takes to be told.
    """

    def __init__(self) -> None:
        # Held while a store is told, so that no read of later on is hit.
        self._guard = RLock()
        self._stops: list[Callable[[], object]] = []
        self.is_set = False

    def interrupt(self) -> None:
        """Break off what is being read, and whatever would be read next."""
        with self._guard:
            self.is_set = True
            for stop in self._stops:
                stop()

    def check(self) -> None:
        """Raise Interrupted where it was broken off."""
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
    """Return what may break off the reads of this thread; by itself nothing does."""
    return _current.get()


@contextmanager
def interruptible(interruption: Interruption) -> Iterator[None]:
    """Let whatever this thread reads within the block be broken off."""
    token = _current.set(interruption)
    try:
        yield
    finally:
        _current.reset(token)
