"""The children of one worker, from the nest that forks them to their death."""

from __future__ import annotations

import logging
import selectors
import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING

from queuetui.engine.children.messages import Booted, Hatched
from queuetui.engine.children.mortality import describe_death, is_dead
from queuetui.engine.children.nursery import Nursery
from queuetui.engine.children.pipes import READ_BYTES
from queuetui.engine.children.ward import Ward
from queuetui.engine.logs import log_event

if TYPE_CHECKING:
    from queuetui.engine.children.messages import Boot, FromNest
    from queuetui.model.errors import QueueTuiError

# How long a child may take until it is ready, and the nest to load the application before.
READY_WITHIN_S = 30.0
BOOT_WITHIN_S = 60.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 15.0
KILLED = -9
_NEST, _BELL = "nest", "bell"


class Brood:
    """Used by one thread, but for `ring`; `bury` is told of each dead child before it is forgotten."""

    def __init__(self, boot: Boot, bury: Callable[[Ward, int], object]) -> None:
        self.wards: dict[int, Ward] = {}
        self.booted = False
        self.schedules: tuple[str, ...] = ()
        self.failure: QueueTuiError | None = None
        self._bury = bury
        self._nursery = Nursery(boot)
        self._boot_by_s = 0.0
        self._selector = selectors.DefaultSelector()
        self._bell, self._ringer = socket.socketpair()
        self._rung = False
        self._moment = Event()
        self._next = 1
        self._stillborn = 0
        self._hatch_at_s = 0.0
        for end in (self._bell, self._ringer):
            end.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, _BELL)

    def ring(self) -> None:
        """End the current wait, or the next one; from any thread."""
        if not self._rung:
            self._rung = True
            with suppress(OSError):
                self._ringer.send(b"!")

    def wait(self, pause_s: float | None) -> list[Ward]:
        """Wait until somebody has something to say, and return the children that have."""
        for ward in self.wards.values():
            self._listen(ward)
        ready = [key.data for key, _ in self._selector.select(pause_s)]
        if _BELL in ready:
            self._bell.recv(READ_BYTES)
            self._rung = False
        return [one for one in ready if isinstance(one, Ward)]

    def _listen(self, ward: Ward) -> None:
        key = self._selector.get_map().get(ward.end.pipe)
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if ward.end.has_unsent else 0)
        if key is None:
            return
        if ward.end.over:
            # Its death is told of by the nest; until then the closed pipe would look ready all the time.
            self._selector.unregister(ward.end.pipe)
        elif key.events != events:
            self._selector.modify(ward.end.pipe, events, ward)

    def open_nest(self, now_s: float) -> None:
        """Start the nest."""
        self.booted = False
        self._boot_by_s = now_s + BOOT_WITHIN_S
        self._nursery.open()
        if self._nursery.pipe is not None:
            self._selector.register(self._nursery.pipe, selectors.EVENT_READ, _NEST)

    def hatch(self, now_s: float) -> None:
        """Start a child, unless the last ones died before they were ready and it is too early for another."""
        if now_s < self._hatch_at_s or not self.booted:
            return
        end, page = self._nursery.hatch(self._next)
        ward = Ward(self._next, end, page, kill_at_s=now_s + READY_WITHIN_S)
        self.wards[self._next] = ward
        self._next += 1
        self._selector.register(end.pipe, selectors.EVENT_READ, ward)

    def hear_nest(self, now_s: float) -> None:
        """Act on what the nest says, and on its death."""
        for told in self._nursery.receive():
            self._take(told, now_s)
        is_late = not self.booted and now_s > self._boot_by_s
        if (self._nursery.is_gone or is_late) and self.failure is None:
            self._outlive_nest(now_s)

    def close(self) -> None:
        """End the nest; every child is dead by now."""
        if self._nursery.pipe is not None:
            self._selector.unregister(self._nursery.pipe)
        self._nursery.close()
        self._selector.close()
        self._bell.close()
        self._ringer.close()

    def _take(self, told: FromNest, now_s: float) -> None:
        if isinstance(told, Booted):
            self.booted = told.error is None
            self.schedules = told.schedules
            self.failure = None if self.booted else self._nursery.explain(told)
        elif (ward := self.wards.get(told.child)) is None:
            return
        elif isinstance(told, Hatched):
            ward.pid = told.pid
        else:
            self._end(ward, told.status, now_s)

    def _outlive_nest(self, now_s: float) -> None:
        """Start another nest; on Linux the children of the last one are dying already."""
        log_event("nest_lost", logging.ERROR, reason="the process that starts children is gone; another is started")
        orphans = tuple(self.wards.values())
        for ward in orphans:
            ward.kill()
        if self._nursery.pipe is not None:
            self._selector.unregister(self._nursery.pipe)
        self._nursery.close()
        for ward in orphans:
            self._await_death(ward)
            self._end(ward, KILLED, now_s)
        self.open_nest(now_s)

    def _await_death(self, ward: Ward) -> None:
        while ward.pid and not is_dead(ward.pid):
            self._moment.wait(0.01)

    def _end(self, ward: Ward, status: int, now_s: float) -> None:
        if not ward.ready and not ward.leaving:
            self._stillborn += 1
            self._hatch_at_s = now_s + min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(self._stillborn, 10))
            log_event("child_not_ready", logging.ERROR, pid=ward.pid, reason=describe_death(status))
        else:
            self._stillborn = 0
        self._bury(ward, status)
        if ward.end.pipe in self._selector.get_map():
            self._selector.unregister(ward.end.pipe)
        del self.wards[ward.child]
        ward.close()
