"""The event loop on which all async handlers of a worker run."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from contextlib import suppress
from functools import partial
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, NoReturn

from queuetui.engine.context import Context
from queuetui.engine.handler_forks import ancestry, end_fork
from queuetui.engine.logs import log_event
from queuetui.engine.outcome import Cancelled

if TYPE_CHECKING:
    import asyncio
    from concurrent.futures import Future

    Contained = tuple[object, BaseException | None]


# Shorter than the time after which the worker replaces the slot of a handler that does not end.
ANSWERS_WITHIN_S = 0.8
# Settings of a loop that would affect the other handlers on it, so handlers may not change them.
SHARED_SETTINGS = ("set_default_executor", "shutdown_default_executor", "set_task_factory")


class EventLoop:
    """Runs async handlers on a loop started with the first one; the calling slot waits for its handler.

    A handler can end only its own run: stopping the loop has no lasting effect, and shared settings cannot be changed.
    A loop that is broken, or blocked by a handler that should have ended, is replaced for the runs that begin afterwards.
    asyncio is imported only then: a worker without async handlers uses 3 MB less.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: set[asyncio.AbstractEventLoop] = set()
        self._waiting: dict[Future[Contained], asyncio.AbstractEventLoop] = {}
        self._unended: set[asyncio.Task[Any]] = set()
        self._lock = Lock()

    def run(self, coroutine: Coroutine[Any, Any, Any], context: Context) -> object:
        """Run a handler and return its result; cancel it when its run should end; raises Cancelled."""
        import asyncio
        from concurrent.futures import CancelledError

        try:
            future = self._begin(coroutine)
        except BaseException:
            coroutine.close()
            raise
        context.on_cancel(future.cancel)
        try:
            value, error = future.result()
            if error is not None:
                raise error
        except (CancelledError, asyncio.CancelledError):
            if context.cancelled():
                self._leave_held(self._waiting[future])
                raise Cancelled(context.cancel_cause) from None
            raise
        finally:
            self._waiting.pop(future, None)
        return value

    def close(self) -> None:
        """Stop the loop."""
        with self._lock:
            loops, self._loop = tuple(self._serving), None
            self._serving.clear()
        for loop in loops:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(loop.stop)

    def _begin(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Contained]:
        import asyncio

        with self._lock:
            if self._loop is None or self._loop.is_closed():
                self._loop = self._open()
            future = asyncio.run_coroutine_threadsafe(_contain(coroutine, self._unended), self._loop)
            self._waiting[future] = self._loop
            return future

    def _open(self) -> asyncio.AbstractEventLoop:
        """Return a new loop with a thread that runs it; without a thread the loop is closed again."""
        import asyncio

        loop = asyncio.new_event_loop()
        for name in SHARED_SETTINGS:
            setattr(loop, name, partial(_refuse, name))
        self._serving.add(loop)
        try:
            Thread(target=self._serve, args=(loop,), name="queuetui-async", daemon=True).start()
        except BaseException:
            self._serving.discard(loop)
            loop.close()
            raise
        return loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the loop until it is closed; an exception that a handler raises through it does not end it."""
        import asyncio

        asyncio.set_event_loop(loop)
        while loop in self._serving and not loop.is_closed():
            try:
                loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                log_event(
                    "async_loop_resumed", logging.WARNING, reason=f"a task of a handler raised {type(error).__name__}"
                )
            except BaseException as error:  # noqa: BLE001 - the loop itself is broken, by whatever a handler did to it
                self._replace(loop, f"it ended with {type(error).__name__}")
                break
        else:
            _end_tasks(loop)
        left = self._left_on(loop)
        self._end(loop)
        if left:
            # Python closes coroutines without a reference, at its exit at the latest, and one that ignores that would block it for ever.
            Event().wait()

    def _left_on(self, loop: asyncio.AbstractEventLoop) -> list[asyncio.Task[Any]]:
        """Return the tasks that have not ended although they were cancelled."""
        import asyncio

        mine = [task for task in tuple(self._unended) if task.get_loop() is loop]
        with suppress(Exception):
            mine += asyncio.all_tasks(loop)
        return mine

    def _leave_held(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let new runs begin on another loop when a handler that should have ended blocks this one."""
        answered = Event()
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(answered.set)
        if not answered.wait(ANSWERS_WITHIN_S):
            self._replace(loop, "a handler that was to end holds it without awaiting anything")

    def _replace(self, loop: asyncio.AbstractEventLoop, reason: str) -> None:
        with self._lock:
            is_current = self._loop is loop
            if is_current:
                self._loop = None
        if is_current:
            log_event("async_loop_replaced", logging.ERROR, reason=reason)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the loop, and end the waits for runs that it will not finish."""
        from concurrent.futures import InvalidStateError

        with suppress(Exception):
            loop.close()
        with self._lock:
            self._serving.discard(loop)
            left = [future for future, place in tuple(self._waiting.items()) if place is loop]
        for future in left:
            with suppress(InvalidStateError):
                future.set_exception(RuntimeError("the loop of the worker's async handlers ended under this run"))


def _refuse(setting: str, *_: object, **__: object) -> NoReturn:
    raise RuntimeError(
        f"{setting} is refused: all async handlers of this worker share the loop; give an executor of your own to "
        "run_in_executor, or run a loop of your own in asyncio.to_thread"
    )


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the tasks that handlers have left running."""
    import asyncio

    with suppress(Exception, SystemExit, KeyboardInterrupt):
        for task in asyncio.all_tasks(loop):
            task.cancel()
        if not loop.is_closed():
            loop.run_until_complete(loop.shutdown_asyncgens())


async def _contain(coroutine: Coroutine[Any, Any, Any], unended: set[asyncio.Task[Any]]) -> Contained:
    """Await a handler and return its result or exception, hidden from handlers that cancel all tasks.

    Until the handler ends, its task is in `unended`.
    """
    import asyncio

    task = asyncio.current_task()
    if task is not None:
        unended.add(task)
        task.add_done_callback(unended.discard)
        asyncio.tasks._unregister_task(task)  # noqa: SLF001 - no other way to leave a task out of `all_tasks`
    forks = ancestry.forks
    try:
        value = await coroutine
    except BaseException as error:  # noqa: BLE001 - SystemExit too would end the shared loop
        if ancestry.forks != forks:
            end_fork(error)
        return None, error
    if ancestry.forks != forks:
        end_fork()
    return value, None
