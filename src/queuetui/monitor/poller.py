"""Polls the store on a thread of its own, so that a slow store never blocks the keys of the console."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Generic, Protocol, TypeVar

from queuetui.backends.base import Listener
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import BadQuery, QueueTuiError, Unsupported
from queuetui.model.interruption import Interrupted
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.monitor.asked_again import ask_again
from queuetui.monitor.background_read import BackgroundRead
from queuetui.monitor.feed import Feed

DEFAULT_INTERVAL_S = 2.0
FASTEST_S = 0.5
SLOWEST_S = 60.0
RETRY_STEPS_S = (1.0, 2.0, 4.0, 8.0, 15.0)
# After a hint from the store the next poll comes earlier, but not sooner after the last one than this.
HINT_GAP_S = 0.25
_LARGEST_SHARE = 0.25
_JITTER = 0.1


class OpenStore(Protocol):
    """A store that was opened; it has at least a feed."""

    @property
    def feed(self) -> Feed:
        """The feed that reads the store."""
        ...


S = TypeVar("S", bound=OpenStore)
S_contra = TypeVar("S_contra", bound=OpenStore, contravariant=True)


class PollListener(Protocol[S_contra]):
    """Called on the poller's thread with the result of each poll; it must not block."""

    def hear_connected(self, connection: S_contra, capabilities: Capabilities) -> None:
        """The store answered for the first time, or for the first time after it was lost."""
        ...

    def hear_picture(self, watch: Watch, picture: Picture, cost_s: float, pace_s: float) -> None:
        """A poll of `watch` ended; it took `cost_s`, and the next one begins `pace_s` after this one did."""
        ...

    def hear_refusal(self, watch: Watch, reason: str) -> None:
        """The backend cannot answer the filter of `watch`; all other parts are still polled."""
        ...

    def hear_loss(self, reason: str, attempt: int, retry_s: float) -> None:
        """The store did not answer; the next try begins `retry_s` from now."""
        ...


def pace_s(interval_s: float, cost_s: float) -> float:
    """Return the time from the start of one poll to the next: longer than the interval after a slow poll."""
    return min(SLOWEST_S, max(interval_s, cost_s / _LARGEST_SHARE))


def retry_s(attempt: int) -> float:
    """Return how long to wait after the n-th failure in a row, with jitter."""
    step = RETRY_STEPS_S[min(attempt, len(RETRY_STEPS_S)) - 1]
    return step * random.uniform(1 - _JITTER, 1 + _JITTER)


class Poller(Generic[S]):
    """One daemon thread with at most one poll in flight, so that a hung store blocks nothing else.

    A store that sends hints about changes is polled at once after a hint, unless a person chose an interval longer than the default.
    """

    def __init__(
        self, connect: Callable[[], S], listener: PollListener[S], interval_s: float = DEFAULT_INTERVAL_S
    ) -> None:
        self._open = connect
        self._listener = listener
        self._interval_s = interval_s
        self._watch: Watch | None = None
        self._refused: Watch | None = None
        self._connection: S | None = None
        self._is_linked = False
        self._attempt = 0
        self._asked_at: float | None = None
        self._reading: tuple[Watch, BackgroundRead] | None = None
        self._wake = threading.Event()
        self._called = threading.Event()
        self._ear: Listener | None = None
        self._has_asked_for_hints = False
        self._spared_until = 0.0
        self._stopping = threading.Event()
        self._thread = self._make_thread()

    @property
    def silent_s(self) -> float:
        """For how long the poll in flight has been waiting for an answer."""
        asked_at = self._asked_at
        return 0.0 if asked_at is None else time.monotonic() - asked_at

    @property
    def interval_s(self) -> float:
        """The interval that was chosen."""
        return self._interval_s

    def start(self) -> None:
        """Connect and poll until stopped."""
        self._thread.start()

    def watch(self, watch: Watch) -> None:
        """Poll this from now on, at once if the store answers; cancel a poll in flight of anything else."""
        self._watch = watch
        if self._is_linked:
            self.poll_now()
        reading = self._reading
        if reading is not None and reading[0] != watch:
            reading[1].give_up()

    def poll_now(self) -> None:
        """Poll now, without waiting for the interval or for the next retry."""
        self._called.set()
        self._wake.set()

    def choose_interval(self, interval_s: float) -> None:
        """Set the interval, limited to the range from FASTEST_S to SLOWEST_S."""
        self._interval_s = min(SLOWEST_S, max(FASTEST_S, interval_s))
        self.poll_now()

    def abandon(self, reason: str) -> None:
        """Abandon the poll in flight and connect anew on a new thread.

        The old thread closes its connection if it ever gets an answer.
        """
        self._connection = None
        if self._reading is not None:
            self._reading[1].give_up()
        self._thread = self._make_thread()
        self._asked_at = None
        self._lose(reason)
        self._thread.start()

    def stop(self, wait_s: float = 0.05) -> None:
        """Ask the thread to close the store and end, and wait for that for at most `wait_s`."""
        self._stopping.set()
        self.poll_now()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def _make_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="queuetui-poller", daemon=True)

    @property
    def _is_ours(self) -> bool:
        """Whether the calling thread is the current poller thread, not an abandoned one."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        while self._is_ours and not self._stopping.is_set():
            self._wake.clear()
            self._called.clear()
            rest_s = self._turn()
            if self._is_ours:
                self._asked_at = None
                self._rest(rest_s)
        if self._is_ours:
            self._listen_no_more()
            if self._connection is not None:
                self._connection.feed.close()

    def _rest(self, rest_s: float) -> None:
        """Wait until the next poll is due; a hint shortens the wait, but not below the gap kept between polls."""
        if self._wake.wait(rest_s) and not self._called.is_set():
            self._called.wait(max(0.0, self._spared_until - time.monotonic()))

    def _turn(self) -> float:
        """Poll once and return how long to rest."""
        self._asked_at = time.monotonic()
        connection: S | None = None
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

    def _connect(self) -> S:
        connection = self._open()
        if self._is_ours:
            self._connection = connection
        return connection

    def _poll(self, connection: S, watch: Watch) -> float:
        started = time.monotonic()
        asked = replace(watch, page=None) if watch is self._refused else watch
        try:
            picture = ask_again(lambda: self._read(connection, watch, asked))
        except (BadQuery, Unsupported) as error:
            if asked.page is None:
                raise
            self._refused = watch
            self._listener.hear_refusal(watch, str(error))
            self.poll_now()
            return 0
        if not self._is_ours:
            connection.feed.close()
            return 0.0
        cost_s = time.monotonic() - started
        pace = pace_s(self._interval_s, cost_s)
        self._spared_until = started + max(HINT_GAP_S, cost_s / _LARGEST_SHARE)
        self._listen(connection)
        if not self._is_linked:
            self._is_linked = True
            self._attempt = 0
            self._listener.hear_connected(connection, connection.feed.capabilities)
        self._listener.hear_picture(asked, picture, cost_s, pace)
        return max(0.0, pace - cost_s)

    def _read(self, connection: S, watch: Watch, asked: Watch) -> Picture:
        """Poll the store; raises Interrupted if the watch is replaced by another meanwhile."""
        reading = BackgroundRead()
        self._reading = mine = watch, reading
        if watch != self._watch:
            reading.give_up()
        try:
            with reading.running():
                return connection.feed.poll(asked)
        finally:
            # The read of an abandoned thread may end after a new one began.
            if self._reading is mine:
                self._reading = None

    def _listen(self, connection: S) -> None:
        """Let the store's hints wake the thread, unless the interval is longer than the default."""
        if self._interval_s > DEFAULT_INTERVAL_S:
            self._listen_no_more()
        elif not self._has_asked_for_hints:
            self._has_asked_for_hints = True
            # Listening needs another connection; if the store refuses it, polls go on without hints.
            with suppress(QueueTuiError):
                self._ear = connection.feed.listen(self._wake.set)

    def _listen_no_more(self) -> None:
        ear, self._ear, self._has_asked_for_hints = self._ear, None, False
        if ear is not None:
            ear.close()

    def _let_go(self) -> None:
        """Close the connections of a lost store on another thread, since closing a dead one may hang."""
        self._listen_no_more()
        lost, self._connection = self._connection, None
        if lost is not None:
            threading.Thread(target=lost.feed.close, name="queuetui-closing", daemon=True).start()

    def _lose(self, reason: str) -> float:
        self._is_linked = False
        self._let_go()
        self._attempt += 1
        wait_s = retry_s(self._attempt)
        self._listener.hear_loss(reason, self._attempt, wait_s)
        return wait_s
