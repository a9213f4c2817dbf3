"""Polls the store on a thread of its own, so that no store can hold up a key."""

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
# A hint of the store brings the next poll forward, but no nearer to the last one than this.
HINT_GAP_S = 0.25
_LARGEST_SHARE = 0.25
_JITTER = 0.1


class OpenStore(Protocol):
    """A store that answered: at least what reads it."""

    @property
    def feed(self) -> Feed:
        """What reads the store."""
        ...


S = TypeVar("S", bound=OpenStore)
S_contra = TypeVar("S_contra", bound=OpenStore, contravariant=True)


class PollListener(Protocol[S_contra]):
    """Hears on the poller's thread what becomes of the polls; it must not block."""

    def hear_connected(self, connection: S_contra, capabilities: Capabilities) -> None:
        """The store answered for the first time, or again after it was lost."""
        ...

    def hear_picture(self, watch: Watch, picture: Picture, cost_s: float, pace_s: float) -> None:
        """A poll ended: what was asked, what came, what it cost and when the next one follows."""
        ...

    def hear_refusal(self, watch: Watch, reason: str) -> None:
        """The backend cannot answer the filter of `watch`; the rest goes on being read."""
        ...

    def hear_loss(self, reason: str, attempt: int, retry_s: float) -> None:
        """The store did not answer; the next try begins `retry_s` from now."""
        ...


def pace_s(interval_s: float, cost_s: float) -> float:
    """Return the time from one poll to the next: more than the interval after a costly poll."""
    return min(SLOWEST_S, max(interval_s, cost_s / _LARGEST_SHARE))


def retry_s(attempt: int) -> float:
    """Return how long to wait after the n-th failure in a row, with jitter."""
    step = RETRY_STEPS_S[min(attempt, len(RETRY_STEPS_S)) - 1]
    return step * random.uniform(1 - _JITTER, 1 + _JITTER)


class Poller(Generic[S]):
    """One daemon thread with at most one poll in flight; a hung store holds up nothing else.

    Where the store hints at what happens it is read at once, unless a person wants it read less often than is usual.
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
            self.poll_now()
        reading = self._reading
        if reading is not None and reading[0] != watch:
            reading[1].give_up()

    def poll_now(self) -> None:
        """Do not wait for the next turn, nor for the next retry."""
        self._called.set()
        self._wake.set()

    def choose_interval(self, interval_s: float) -> None:
        """Set the interval, within the bounds."""
        self._interval_s = min(SLOWEST_S, max(FASTEST_S, interval_s))
        self.poll_now()

    def abandon(self, reason: str) -> None:
        """Leave the poll in flight to itself and begin again.

        The old thread closes its connection, should it ever get an answer.
        """
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
        self.poll_now()
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
        """Wait for the next turn; a hint brings it forward as far as the store is not spared."""
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
        """Read what is asked for as long as `watch` is what is wanted; raises Interrupted after that."""
        reading = BackgroundRead()
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

    def _listen(self, connection: S) -> None:
        """Have the store's hints wake the thread, as long as it is read as often as is usual."""
        if self._interval_s > DEFAULT_INTERVAL_S:
            self._listen_no_more()
        elif not self._has_asked_for_hints:
            self._has_asked_for_hints = True
            # A store that grants no further connection is read as it would be without hints.
            with suppress(QueueTuiError):
                self._ear = connection.feed.listen(self._wake.set)

    def _listen_no_more(self) -> None:
        ear, self._ear, self._has_asked_for_hints = self._ear, None, False
        if ear is not None:
            ear.close()

    def _let_go(self) -> None:
        """Leave the connections of a lost store: some are dead, and even closing them may hang."""
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
