"""Polls the store on a thread of its own, so that no store can hold up a key."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from textual.message import Message

from queuetui.model.errors import BadQuery, QueueTuiError, Unsupported
from queuetui.model.interruption import Interrupted
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.tui.messages import Connected, LinkLost, PageRefused, PictureArrived
from queuetui.tui.reading import Reading
from queuetui.tui.session import Connection, ConsoleSession

DEFAULT_INTERVAL_S = 2.0
FASTEST_S = 0.5
SLOWEST_S = 60.0
RETRY_STEPS_S = (1.0, 2.0, 4.0, 8.0, 15.0)
_LARGEST_SHARE = 0.25
_JITTER = 0.1

Post = Callable[[Message], object]


def pace_s(interval_s: float, cost_s: float) -> float:
    """Return the time from one poll to the next: the interval, or more where a poll costs over a quarter of it."""
    return min(SLOWEST_S, max(interval_s, cost_s / _LARGEST_SHARE))


def retry_s(attempt: int) -> float:
    """Return how long to wait after the n-th failure in a row, with jitter."""
    step = RETRY_STEPS_S[min(attempt, len(RETRY_STEPS_S)) - 1]
    return step * random.uniform(1 - _JITTER, 1 + _JITTER)


class Poller:
    """One daemon thread with at most one poll in flight; a hung store hangs this thread and nothing else."""

    def __init__(self, session: ConsoleSession, post: Post, interval_s: float = DEFAULT_INTERVAL_S) -> None:
        self._session = session
        self._post = post
        self._interval_s = interval_s
        self._watch: Watch | None = None
        self._refused: Watch | None = None
        self._connection: Connection | None = None
        self._is_linked = False
        self._attempt = 0
        self._asked_at: float | None = None
        self._reading: tuple[Watch, Reading] | None = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = self._make_thread()

    @property
    def silent_s(self) -> float:
        """How long the poll in flight has gone without an answer."""
        asked_at = self._asked_at
        return 0.0 if asked_at is None else time.monotonic() - asked_at

    @property
    def interval_s(self) -> float:
        """The interval a person chose."""
        return self._interval_s

    def start(self) -> None:
        """Connect and poll until stopped."""
        self._thread.start()

    def watch(self, watch: Watch) -> None:
        """Read this from now on, at once where the store answers; what else is being read is broken off."""
        self._watch = watch
        if self._is_linked:
            self._wake.set()
        reading = self._reading
        if reading is not None and reading[0] != watch:
            reading[1].give_up()

    def poll_now(self) -> None:
        """Do not wait for the next turn, nor for the next retry."""
        self._wake.set()

    def choose_interval(self, interval_s: float) -> None:
        """Set the interval, within the bounds."""
        self._interval_s = min(SLOWEST_S, max(FASTEST_S, interval_s))
        self._wake.set()

    def abandon(self, reason: str) -> None:
        """Leave the poll in flight to itself and begin again; the old thread closes its connection, should it ever get an answer."""
        self._connection = None
        if self._reading is not None:
            self._reading[1].give_up()
        self._thread = self._make_thread()
        self._asked_at = None
        self._lose(reason)
        self._thread.start()

    def stop(self, wait_s: float = 0.05) -> None:
        """Ask the thread to end and close the store; go on without it after `wait_s`."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def _make_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="queuetui-poller", daemon=True)

    @property
    def _is_ours(self) -> bool:
        """Whether the running thread is the one that still counts."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        while self._is_ours and not self._stopping.is_set():
            self._wake.clear()
            rest_s = self._turn()
            if self._is_ours:
                self._asked_at = None
                self._wake.wait(rest_s)
        if self._is_ours and self._connection is not None:
            self._connection.feed.close()

    def _turn(self) -> float:
        """Poll once and return how long to rest."""
        self._asked_at = time.monotonic()
        connection: Connection | None = None
        try:
            connection = self._connection or self._connect()
            if self._watch is None:
                return self._interval_s
            return self._poll(connection, self._watch)
        except Interrupted:
            if self._is_ours:
                return 0.0
            reason = ""
        except QueueTuiError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the console while jobs are stuck
            reason = f"a fault in queuetui itself ({type(error).__name__}); please report it"
        if self._is_ours:
            return self._lose(reason)
        if connection is not None:
            connection.feed.close()
        return 0.0

    def _connect(self) -> Connection:
        connection = Connection(*self._session.connect())
        if self._is_ours:
            self._connection = connection
        return connection

    def _poll(self, connection: Connection, watch: Watch) -> float:
        started = time.monotonic()
        asked = replace(watch, page=None) if watch is self._refused else watch
        try:
            picture = self._read(connection, watch, asked)
        except (BadQuery, Unsupported) as error:
            if asked.page is None:
                raise
            self._refused = watch
            self._post(PageRefused(watch, str(error)))
            self._wake.set()
            return 0
        if not self._is_ours:
            connection.feed.close()
            return 0.0
        cost_s = time.monotonic() - started
        pace = pace_s(self._interval_s, cost_s)
        if not self._is_linked:
            self._is_linked = True
            self._attempt = 0
            self._post(Connected(connection, connection.feed.capabilities))
        self._post(PictureArrived(asked, picture, cost_s, pace))
        return max(0.0, pace - cost_s)

    def _read(self, connection: Connection, watch: Watch, asked: Watch) -> Picture:
        """Read what is asked for as long as `watch` is what is wanted. Raises Interrupted after that."""
        reading = Reading()
        self._reading = mine = watch, reading
        if watch != self._watch:
            reading.give_up()
        try:
            with reading.running():
                return connection.feed.poll(asked)
        finally:
            # That of a thread that was abandoned ends late.
            if self._reading is mine:
                self._reading = None

    def _let_go(self) -> None:
        """Leave the connections of a store that was lost: some of them are dead, and even closing them may hang."""
        lost, self._connection = self._connection, None
        if lost is not None:
            threading.Thread(target=lost.feed.close, name="queuetui-closing", daemon=True).start()

    def _lose(self, reason: str) -> float:
        self._is_linked = False
        self._let_go()
        self._attempt += 1
        wait_s = retry_s(self._attempt)
        self._post(LinkLost(reason, self._attempt, wait_s))
        return wait_s
