"""Collects the messages of a child for a moment, so that fifty small jobs cost one message."""

from __future__ import annotations

import os
import signal
from threading import Event, Lock
from typing import TYPE_CHECKING

from queuetui.engine.children.messages import Ended, Progressed, encode, to_failed, to_noted
from queuetui.engine.clock import steady_s

if TYPE_CHECKING:
    from queuetui.engine.children.messages import FromChild
    from queuetui.engine.children.pipes import ChildEnd
    from queuetui.engine.context import Context

FLUSH_ITEMS = 50
FLUSH_AFTER_S = 0.005
PROGRESS_EVERY_S = 0.25


class ChildOutbox:
    """Filled by any thread of the child; sent when full, when urgent, or after 5 ms."""

    def __init__(self, end: ChildEnd) -> None:
        self._end = end
        self._items: list[FromChild] = []
        self._first_s = 0.0
        self._lock = Lock()
        self._bell = Event()
        self._moment = Event()
        self._asleep = False
        self._watched: tuple[int, Context] | None = None
        self._told: str | None = None
        self._noted = 0

    def put(self, *items: FromChild, at_once: bool = False) -> None:
        """Add items as a block: no other thread's item comes between them."""
        with self._lock:
            is_first = not self._items
            self._items += items
            count = len(self._items)
            if is_first:
                self._first_s = steady_s()
        if at_once or count >= FLUSH_ITEMS or steady_s() - self._first_s > FLUSH_AFTER_S:
            self.flush()
        elif is_first:
            self._bell.set()

    def flush(self) -> None:
        """Send all items; if the worker is gone, end this process and all it started."""
        with self._lock:
            items, self._items = self._items, []
            if not items:
                return
            try:
                self._end.send(_pack(items))
            except OSError:
                end_group()

    def watch(self, number: int, context: Context) -> None:
        """Send the progress reports of this run from now on."""
        self._watched, self._told, self._noted = (number, context), None, 0
        if self._asleep:
            self._bell.set()

    def rest(self) -> None:
        """Send all items and stop watching the run."""
        self._watched = None
        self.flush()

    def run(self) -> None:
        """Send items that have waited long enough, and progress, in an endless loop."""
        while True:
            self._asleep = self._watched is None
            if self._bell.wait(None if self._asleep else PROGRESS_EVERY_S):
                self._bell.clear()
                self._moment.wait(FLUSH_AFTER_S)
            self._tell_progress()
            self.flush()

    def _tell_progress(self) -> None:
        watched = self._watched
        if watched is None:
            return
        number, context = watched
        progress = context.reported_progress
        if progress is not None and progress is not self._told:
            self._told = progress
            self.put(Progressed(number, progress))
        notes = context.notes
        if notes is not None and notes.version != self._noted:
            self._noted = notes.version
            self.put(to_noted(number, notes))


def _pack(items: list[FromChild]) -> bytes:
    """Return items as a message; an item that cannot be encoded is left out, an ending becomes a failure."""
    try:
        return encode(items)
    except Exception:  # noqa: BLE001 - a handler may have reported anything
        return encode([fit for item in items if (fit := _fit(item)) is not None])


def _fit(item: FromChild) -> FromChild | None:
    try:
        encode([item])
    except Exception as error:  # noqa: BLE001 - a handler may have reported anything
        return to_failed(item, error) if isinstance(item, Ended) else None
    return item


def end_group() -> None:
    """End this process and all that it started, at once."""
    os.killpg(0, signal.SIGKILL)
