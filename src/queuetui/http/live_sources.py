"""Threads that watch the stores and write messages into the live log, from the first client on."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from queuetui.model.errors import QueueTuiError
from queuetui.model.event import Event, describe_event
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats

if TYPE_CHECKING:
    from queuetui.http.live_log import LiveLog
    from queuetui.http.served import ServedQueues
    from queuetui.monitor.follower import Follower

LOG = logging.getLogger("queuetui.http.live")
COUNT_EVERY_S = 2.0
AGAIN_AFTER_S = 2.0
# The figures that are pushed; ages are left out, as they change at every read.
FIGURES = (
    "pending",
    "scheduled",
    "processing",
    "retrying",
    "blocked",
    "completed",
    "failed",
    "cancelled",
    "stuck",
    "total",
)


class LiveSources:
    """A thread for the figures of each store, and one for its events where it keeps any."""

    def __init__(self, systems: tuple[ServedQueues, ...], log: LiveLog) -> None:
        self._systems = systems
        self._log = log
        self._over = threading.Event()
        self._beginning = threading.Lock()
        self._threads: list[threading.Thread] | None = None
        self._followers: list[Follower] = []

    def begin(self) -> None:
        """Start watching; events after this returns are reported; raises the errors of stores."""
        with self._beginning:
            if self._threads is not None:
                return
            keeping = [system for system in self._systems if system.feed.capabilities.events]
            self._followers = [system.feed.follow_from_now() for system in keeping]
            threads = [self._thread(self._count, system) for system in self._systems]
            threads += [self._thread(self._follow, *one) for one in zip(keeping, self._followers, strict=True)]
            self._threads = threads
            for thread in threads:
                thread.start()

    def end(self) -> None:
        """Stop watching; the stores may be closed then."""
        self._over.set()
        for follower in self._followers:
            follower.end()
        for thread in self._threads or ():
            thread.join()

    def _thread(self, work: Callable[..., None], *what: object) -> threading.Thread:
        return threading.Thread(target=work, args=what, daemon=True)

    def _follow(self, system: ServedQueues, follower: Follower) -> None:
        """Write each event once, including events from times when the store did not answer."""
        while not self._over.is_set():
            try:
                for new in follower.follow():
                    if follower.is_cut:
                        self._log.skip()
                    for event in new:
                        self._write_event(system, event)
            except QueueTuiError as error:
                LOG.warning("the events of %s cannot be read, they are asked for again: %s", system.name, error)
                self._over.wait(AGAIN_AFTER_S)

    def _write_event(self, system: ServedQueues, event: Event) -> None:
        queue = None if event.queue is None else event.queue.raw
        self._log.write("event", system.name, queue, json.dumps({"backend": system.name, **describe_event(event)}))

    def _count(self, system: ServedQueues) -> None:
        """Write the figures whenever they have changed, while anybody listens."""
        told = ""
        while not self._over.is_set():
            if self._log.clients:
                new = self._read_figures(system) or told
                if new != told:
                    told = new
                    self._log.write("stats", system.name, None, told)
            self._over.wait(COUNT_EVERY_S)

    def _read_figures(self, system: ServedQueues) -> str | None:
        try:
            figures = describe_stats(system.feed.poll(Watch(parts=frozenset({Part.COUNTS}))).snapshot)
        except QueueTuiError as error:
            LOG.warning("the figures of %s cannot be read, they are asked for again: %s", system.name, error)
            return None
        return json.dumps({"backend": system.name, **{name: figures[name] for name in FIGURES if name in figures}})
