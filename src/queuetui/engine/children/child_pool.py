"""The children of one worker, from the fork server that forks them to their death."""

from __future__ import annotations

import logging
import selectors
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

from queuetui.engine.children.child_handle import ChildHandle
from queuetui.engine.children.fork_client import ForkClient
from queuetui.engine.children.messages import Booted, ChildStarted
from queuetui.engine.children.pipes import READ_BYTES
from queuetui.engine.children.process_end import describe_death, is_dead
from queuetui.engine.logs import log_event
from queuetui.model.errors import Unsupported, words_of

if TYPE_CHECKING:
    from queuetui.engine.children.messages import Boot, FromForkServer
    from queuetui.model.errors import QueueTuiError

# How long a child may take until it is ready, and how long the fork server may take to load the application.
READY_WITHIN_S = 30.0
BOOT_WITHIN_S = 60.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 15.0
KILLED = -9
_FORK_SERVER, _BELL = "fork_server", "bell"


class ChildPool:
    """Used by one thread, except `ring`; `reap` is called with each dead child before it is removed."""

    def __init__(self, boot: Boot, reap: Callable[[ChildHandle, int], object]) -> None:
        self.handles: dict[int, ChildHandle] = {}
        self.booted = False
        self.schedules: tuple[str, ...] = ()
        self.types: tuple[str, ...] = ()
        self.failure: QueueTuiError | None = None
        self._reap = reap
        self._fork_client = ForkClient(boot)
        self._boot_by_s = 0.0
        self._selector = selectors.DefaultSelector()
        self._bell, self._ringer = socket.socketpair()
        self._rung = False
        self._moment = Event()
        self._next = 1
        self._died_early = 0
        self._start_child_at_s = 0.0
        for end in (self._bell, self._ringer):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, _BELL)

    def ring(self) -> None:
        """End the current wait, or the next one; from any thread."""
        if not self._rung:
            self._rung = True
            with suppress(OSError):
                self._ringer.send(b"!")

    def wait(self, pause_s: float | None) -> list[ChildHandle]:
        """Wait until a child or the fork server has sent something, and return the children that have."""
        for handle in self.handles.values():
            self._listen(handle)
        ready = [key.data for key, _ in self._selector.select(pause_s)]
        if _BELL in ready:
            self._bell.recv(READ_BYTES)
            self._rung = False
        return [one for one in ready if isinstance(one, ChildHandle)]

    def _listen(self, handle: ChildHandle) -> None:
        key = self._selector.get_map().get(handle.end.pipe)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if handle.end.has_unsent else 0)
        if key is None:
            return
        if handle.end.over:
            # The fork server reports the child's death; until then the closed pipe would always be ready to read.
            self._selector.unregister(handle.end.pipe)
        elif key.events != events:
            self._selector.modify(handle.end.pipe, events, handle)

    def open_fork_server(self, now_s: float) -> None:
        """Start the fork_server."""
        self.booted = False
        self._boot_by_s = now_s + BOOT_WITHIN_S
        try:
            self._fork_client.open()
        except OSError as error:
            how = "let this user run it, or run handlers in threads: --isolation thread"
            self.failure = Unsupported(
                f"no process for handlers can be started from {sys.executable}: {words_of(error)}; {how}"
            )
            return
        if self._fork_client.pipe is not None:
            self._selector.register(self._fork_client.pipe, selectors.EVENT_READ, _FORK_SERVER)

    def start_child(self, now_s: float) -> None:
        """Start a child, unless the last ones died before they were ready and it is too early for another."""
        if now_s < self._start_child_at_s or not self.booted:
            return
        end, page = self._fork_client.start_child(self._next)
        handle = ChildHandle(self._next, end, page, kill_at_s=now_s + READY_WITHIN_S)
        self.handles[self._next] = handle
        self._next += 1
        self._selector.register(end.pipe, selectors.EVENT_READ, handle)

    def hear_fork_server(self, now_s: float) -> None:
        """Act on the messages of the fork server, and on its death."""
        for told in self._fork_client.receive():
            self._take(told, now_s)
        is_late = not self.booted and now_s > self._boot_by_s
        if (self._fork_client.is_gone or is_late) and self.failure is None:
            self._replace_fork_server(now_s)

    def close(self) -> None:
        """End the fork server; every child is dead by now."""
        if self._fork_client.pipe is not None:
            self._selector.unregister(self._fork_client.pipe)
        self._fork_client.close()
        self._selector.close()
        self._bell.close()
        self._ringer.close()

    def _take(self, told: FromForkServer, now_s: float) -> None:
        if isinstance(told, Booted):
            self.booted = told.error is None
            self.schedules, self.types = told.schedules, told.types
            self.failure = None if self.booted else self._fork_client.explain(told)
        elif (handle := self.handles.get(told.child)) is None:
            return
        elif isinstance(told, ChildStarted):
            handle.pid = told.pid
        else:
            self._end(handle, told.status, now_s)

    def _replace_fork_server(self, now_s: float) -> None:
        """Start another fork server; on Linux the children of the last one are dying already."""
        log_event("nest_lost", logging.ERROR, reason="the process that starts children is gone; another is started")
        orphans = tuple(self.handles.values())
        for handle in orphans:
            handle.kill()
        if self._fork_client.pipe is not None:
            self._selector.unregister(self._fork_client.pipe)
        self._fork_client.close()
        for handle in orphans:
            self._await_death(handle)
            self._end(handle, KILLED, now_s)
        self.open_fork_server(now_s)

    def _await_death(self, handle: ChildHandle) -> None:
        while handle.pid and not is_dead(handle.pid):
            self._moment.wait(0.01)

    def _end(self, handle: ChildHandle, status: int, now_s: float) -> None:
        if not handle.ready and not handle.leaving:
            self._died_early += 1
            self._start_child_at_s = now_s + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self._died_early, 10))
            log_event("child_not_ready", logging.ERROR, pid=handle.pid, reason=describe_death(status))
        else:
            self._died_early = 0
        self._reap(handle, status)
        if handle.end.pipe in self._selector.get_map():
            self._selector.unregister(handle.end.pipe)
        del self.handles[handle.child]
        handle.close()
