"""The one loop on which all async handlers of a worker run."""

from __future__ import annotations

from collections.abc import Coroutine
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from queuetui.engine.context import Context
from queuetui.engine.outcome import Cancelled

if TYPE_CHECKING:
    import asyncio


class EventLoop:
    """Started with the first async handler; the calling thread waits, so a slot stays one job whatever its kind.

    asyncio is imported with it: a worker without async handlers holds 3 MB less.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = Lock()

    def run(self, coroutine: Coroutine[Any, Any, Any], context: Context) -> object:
        """Run a handler to its end and return its result; it is cancelled when its run should end. Raises Cancelled."""
        import asyncio
        from concurrent.futures import CancelledError

        future = asyncio.run_coroutine_threadsafe(coroutine, self._started())
        context.on_cancel(future.cancel)
        try:
            return future.result()
        except CancelledError:
            if context.cancelled():
                raise Cancelled(context.cancel_cause) from None
            raise

    def close(self) -> None:
        """Stop the loop."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._loop.stop)
                self._loop = None

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                import asyncio

                self._loop = asyncio.new_event_loop()
                Thread(target=_serve, args=(self._loop,), name="queuetui-async", daemon=True).start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    import asyncio

    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
