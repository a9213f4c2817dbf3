"""The poller: one poll at a time, a pace that spares the store, and a patient way back."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

import pytest

from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import ConnectionLost, Unreachable
from queuetui.model.interruption import current_interruption
from queuetui.model.page import PageRequest
from queuetui.model.picture import Picture
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.monitor.background import BackgroundCalls
from queuetui.monitor.poller import HINT_GAP_S, RETRY_STEPS_S, Poller, pace_s, retry_s
from queuetui.tui.session import Connection, ConsoleSession
from tests.tui.scripted import ScriptedFeed
from tests.tui.scripted_operations import ScriptedOperations
from tests.tui.stage import PROFILE
from tests.waiting import wait_until

M = TypeVar("M")


class Connected(NamedTuple):
    """A store answered."""

    capabilities: Capabilities


class PictureArrived(NamedTuple):
    """A poll ended."""

    watch: Watch
    picture: Picture
    pace_s: float


class PageRefused(NamedTuple):
    """A filter cannot be answered."""

    reason: str


class LinkLost(NamedTuple):
    """A store did not answer."""

    reason: str
    attempt: int


class Listener:
    """Takes what a poller tells."""

    def __init__(self, feed: ScriptedFeed, interval_s: float = 60.0) -> None:
        self.messages: queue.Queue[object] = queue.Queue()
        operations = ScriptedOperations(feed)
        session = ConsoleSession(PROFILE, lambda: cast("tuple[object, object]", (feed, operations)))  # type: ignore[arg-type, return-value]  # a scripted pair
        self.poller = Poller(session.open, self, interval_s)

    def hear_connected(self, _: Connection, capabilities: Capabilities) -> None:
        """Take it."""
        self.messages.put(Connected(capabilities))

    def hear_picture(self, watch: Watch, picture: Picture, _: float, pace_s: float) -> None:
        """Take it."""
        self.messages.put(PictureArrived(watch, picture, pace_s))

    def hear_refusal(self, _: Watch, reason: str) -> None:
        """Take it."""
        self.messages.put(PageRefused(reason))

    def hear_loss(self, reason: str, attempt: int, _: float) -> None:
        """Take it."""
        self.messages.put(LinkLost(reason, attempt))

    def next(self, kind: type[M]) -> M:
        """Return the next message, which must be of this kind."""
        message = self.messages.get(timeout=60)
        assert isinstance(message, kind), message
        return message


def test_the_pace_follows_what_a_poll_costs() -> None:
    """A poll may take a quarter of the time at most: costly polls come less often, and never less than once a minute."""
    assert pace_s(2.0, 0.1) == 2.0
    assert pace_s(2.0, 1.0) == 4.0
    assert pace_s(2.0, 100.0) == 60.0


def test_the_way_back_is_taken_in_growing_steps() -> None:
    """1, 2, 4, 8 and then always 15 seconds, each with some jitter."""
    for attempt, step in enumerate((*RETRY_STEPS_S, 15.0, 15.0), start=1):
        assert step * 0.9 <= retry_s(attempt) <= step * 1.1
    assert len({retry_s(1) for _ in range(5)}) > 1


def test_it_connects_then_reads_what_is_wanted() -> None:
    """The first answer is `Connected`, then the snapshot of the watch; a new watch is read at once."""
    listener = Listener(ScriptedFeed())
    listener.poller.watch(Watch(page=PageRequest()))
    listener.poller.start()
    assert listener.next(Connected).capabilities.label == "postgresql"
    assert listener.next(PictureArrived).pace_s == 60.0
    wanted = Watch(page=PageRequest(parse_query("state:failed")))
    listener.poller.watch(wanted)
    arrived = listener.next(PictureArrived)
    assert arrived.watch is wanted
    assert arrived.picture.snapshot.page is not None
    assert len(arrived.picture.snapshot.page.jobs) == 6
    listener.poller.stop()


def test_a_connection_that_ends_amid_a_poll_is_no_loss() -> None:
    """It is asked once more, on a new connection; where that ends too, the store is lost."""
    feed = ScriptedFeed()
    endings = [1, 2]

    def end_some() -> None:
        if endings and endings[0]:
            endings[0] -= 1
            raise ConnectionLost("the server ended this session")

    feed.before_poll = end_some
    listener = Listener(feed)
    listener.poller.watch(Watch(page=PageRequest()))
    listener.poller.start()
    listener.next(Connected)
    listener.next(PictureArrived)
    del endings[0]
    listener.poller.poll_now()
    assert listener.next(LinkLost).attempt == 1
    listener.poller.stop()


def test_only_one_poll_is_in_flight() -> None:
    """However often it is asked to read now, a second poll waits for the first."""
    feed = ScriptedFeed()
    inside, most, lock, release = [0], [0], threading.Lock(), threading.Event()

    def enter() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        release.wait(0.05)
        with lock:
            inside[0] -= 1

    feed.before_poll = enter
    listener = Listener(feed)
    listener.poller.watch(Watch())
    listener.poller.start()
    for _ in range(20):
        listener.poller.poll_now()
    with feed.polled:
        assert feed.polled.wait_for(lambda: feed.polls >= 2, timeout=60)
    assert most == [1]
    listener.poller.stop()


def test_a_loss_is_told_with_its_attempt_and_a_return_is_connected_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each failed try is told with its number; the first answer after them is `Connected` again."""
    monkeypatch.setattr("queuetui.monitor.poller.retry_s", lambda _: 60.0)
    feed = ScriptedFeed()
    listener = Listener(feed)
    listener.poller.watch(Watch())
    listener.poller.start()
    listener.next(Connected)
    listener.next(PictureArrived)

    def refuse() -> None:
        raise Unreachable("gone")

    feed.before_poll = refuse
    listener.poller.poll_now()
    assert listener.next(LinkLost).attempt == 1
    listener.poller.poll_now()
    lost = listener.next(LinkLost)
    assert (lost.attempt, lost.reason) == (2, "gone")
    feed.before_poll = lambda: None
    listener.poller.poll_now()
    listener.next(Connected)
    listener.next(PictureArrived)
    listener.poller.stop()


def test_a_fault_of_ours_is_a_loss_that_names_no_value() -> None:
    """An unforeseen exception does not end the thread, and its message, which may quote a payload, is not shown."""
    feed = ScriptedFeed()

    def fail() -> None:
        raise KeyError("secret payload")

    feed.before_poll = fail
    listener = Listener(feed)
    listener.poller.watch(Watch())
    listener.poller.start()
    lost = listener.next(LinkLost)
    assert "KeyError" in lost.reason
    assert "secret" not in lost.reason
    listener.poller.stop()


def test_a_refused_filter_is_told_once_and_the_rest_goes_on() -> None:
    """The page is left out until another is wanted, and the link stays up."""
    feed = ScriptedFeed()
    feed.refused_field = "payload"
    listener = Listener(feed)
    listener.poller.watch(Watch(page=PageRequest(parse_query("payload.user.id:42"))))
    listener.poller.start()
    assert "payload cannot be searched" in listener.next(PageRefused).reason
    listener.next(Connected)
    assert listener.next(PictureArrived).picture.snapshot.page is None
    listener.poller.watch(Watch(page=PageRequest()))
    assert listener.next(PictureArrived).picture.snapshot.page is not None
    listener.poller.stop()


def test_a_hint_of_the_store_brings_the_next_poll_forward_and_a_burst_of_them_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hints during a poll and after it are one further poll, not nearer to the last than it is spared; a slow pace heeds none."""
    monkeypatch.setattr("queuetui.monitor.poller.DEFAULT_INTERVAL_S", 60.0)
    feed, begun = ScriptedFeed(), list[float]()

    def happen_meanwhile() -> None:
        begun.append(time.monotonic())
        feed.hint()

    feed.before_poll = happen_meanwhile
    listener = Listener(feed)
    listener.poller.watch(Watch())
    # The first poll begins behind this, and may be heard of much later than it began.
    started_at = time.monotonic()
    listener.poller.start()
    listener.next(Connected)
    listener.next(PictureArrived)
    feed.hint()
    listener.next(PictureArrived)
    listener.next(PictureArrived)
    assert begun[1] - started_at >= HINT_GAP_S
    monkeypatch.setattr("queuetui.monitor.poller.DEFAULT_INTERVAL_S", 1.0)
    listener.poller.poll_now()
    wait_until(lambda: listener.poller._ear is None and not listener.poller._has_asked_for_hints)
    listener.poller.stop()


@pytest.mark.parametrize(("chosen", "kept"), [(0.1, 0.5), (5.0, 5.0), (600.0, 60.0)])
def test_the_interval_has_bounds(chosen: float, kept: float) -> None:
    """A person chooses between half a second and a minute."""
    poller = Listener(ScriptedFeed()).poller
    poller.choose_interval(chosen)
    assert poller.interval_s == kept


def test_a_poll_that_nobody_waits_for_any_more_is_broken_off() -> None:
    """Tab after tab is pressed while the store is slow: each read makes way for the next, and the store is never said to be lost."""
    feed = ScriptedFeed()
    listener = Listener(feed)
    listener.poller.watch(Watch())
    listener.poller.start()
    listener.next(Connected)
    listener.next(PictureArrived)
    under_way = threading.Semaphore(0)

    def take_long() -> None:
        under_way.release()
        interruption = current_interruption()
        wait_until(lambda: interruption.is_set, 60)
        interruption.check()

    feed.before_poll = take_long
    for state in ("failed", "pending", "completed"):
        listener.poller.watch(Watch(page=PageRequest(parse_query(f"state:{state}"))))
        assert under_way.acquire(timeout=60)
    feed.before_poll = lambda: None
    last = Watch(page=PageRequest(parse_query("state:cancelled")))
    listener.poller.watch(last)
    assert listener.next(PictureArrived).watch is last
    listener.poller.stop()


def test_a_call_that_nobody_waits_for_any_more_is_broken_off_and_tells_nothing() -> None:
    """The next call does not wait for it, and is the first to be heard of."""
    deliveries: queue.Queue[Callable[[], None]] = queue.Queue()
    told: list[str] = []
    calls = BackgroundCalls(deliveries.put)
    calls.start()

    def take_long() -> str:
        interruption = current_interruption()
        wait_until(lambda: interruption.is_set, 60)
        interruption.check()
        return "late"

    given_up = calls.send(take_long, told.append, told.append)
    calls.send(lambda: "next", told.append, told.append)
    given_up.give_up()
    for _ in range(2):
        deliveries.get(timeout=60)()
    assert told == ["next"]
