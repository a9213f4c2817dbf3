"""What is wrong with a store as a whole, beside the polls."""

from __future__ import annotations

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.errors import Denied
from queuetui.model.examination import HeldSnapshot, Level
from queuetui.model.limits import Limits
from queuetui.model.snapshot import Part, Watch
from queuetui.model.text import Untrusted
from queuetui.monitor.feed import Feed
from queuetui.monitor.store_watch import LOOK_EVERY_S, StoreWatch

HELD = HeldSnapshot("session", Untrusted("4711"), Untrusted("ann"), Untrusted("psql"), None, 70.0)


class HeldUp(MemoryBackend):
    """A queue whose store tells who holds it up, as often as it is asked."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), BackendOptions())
        self.examiner = self  # type: ignore[assignment]  # it answers for its store itself
        self.held: tuple[HeldSnapshot, ...] = (HELD,)
        self.refusal: Denied | None = None
        self.asked: list[float] = []

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Answer, or refuse to."""
        self.asked.append(held_s)
        if self.refusal is not None:
            raise self.refusal
        return self.held


def test_the_store_is_asked_once_in_a_while() -> None:
    """Between two looks the last answer stands; the next look finds what has changed."""
    backend, now = HeldUp(), [0.0]
    watch = StoreWatch(backend, 30.0, clock=lambda: now[0])
    (finding,) = watch.look()
    assert (finding.level, "pid 4711" in finding.summary) == (Level.WARNING, True)
    backend.held = ()
    now[0] = LOOK_EVERY_S - 1
    assert watch.look() == (finding,)
    assert backend.asked == [30.0]
    now[0] = LOOK_EVERY_S
    assert watch.look() == ()
    assert backend.asked == [30.0, 30.0]


def test_a_picture_tells_what_is_wrong_with_the_store() -> None:
    """It is in a picture for which it was asked, and in no other."""
    backend = HeldUp()
    feed = Feed(backend, Limits())
    assert feed.poll(Watch(parts=frozenset({Part.COUNTS}))).findings == ()
    assert backend.asked == []
    (finding,) = feed.poll(Watch()).findings
    assert "user ann, application psql" in finding.summary


def test_a_store_that_does_not_tell_costs_no_picture() -> None:
    """Where it cannot be read, the rest is shown and the reason is named."""
    backend = HeldUp()
    backend.refusal = Denied("the server refused the right")
    picture = Feed(backend, Limits()).poll(Watch())
    assert (picture.findings, picture.snapshot.total.value) == ((), 0)
    assert picture.problems == {"store": "the server refused the right"}
