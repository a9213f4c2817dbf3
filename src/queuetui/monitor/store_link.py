"""One link to a store: its poller, its background calls and the state of its connection."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from queuetui.model.capabilities import Capabilities
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Part, Watch
from queuetui.monitor.background import BackgroundCalls, HandOver
from queuetui.monitor.link import Link, LinkState
from queuetui.monitor.poller import OpenStore, Poller

SILENT_AFTER_S = 3.0
ABANDON_AFTER_S = 15.0
# What is polled of a store while the console shows another one.
BESIDE = Watch(parts=frozenset({Part.COUNTS, Part.TALLY}))
BESIDE_S = 5.0


class Reach(Protocol):
    """How a store is reached; both may block, and raise QueueTuiError."""

    @property
    def interval_s(self) -> float:
        """The interval at which it is polled."""
        ...

    def survey(self) -> Sequence[Any]:
        """Return a reach for each queue system in the store; none if this reach is of one system already."""
        ...

    def open(self) -> Any:  # noqa: ANN401 - each has its own connection
        """Connect."""
        ...


@dataclass
class PollResult:
    """The result of a poll: its watch, its picture, how long it took and when the next one follows."""

    watch: Watch
    picture: Picture
    cost_s: float
    pace_s: float


S = TypeVar("S", bound=OpenStore)
R = TypeVar("R", bound=Reach)


class LinkWatcher(Protocol[S, R]):
    """The owner of a link, called on its own thread."""

    def link_changed(self, link: StoreLink[S, R], before: Link) -> None:
        """The state of the connection has changed."""
        ...

    def picture_arrived(self, link: StoreLink[S, R]) -> None:
        """A poll ended, and `link.latest` is its result."""
        ...

    def page_refused(self, link: StoreLink[S, R], watch: Watch, reason: str) -> None:
        """The backend cannot answer the filter of `watch`; all other parts are still polled."""
        ...

    def found_beside(self, link: StoreLink[S, R], reaches: Sequence[R]) -> None:
        """The store holds further queue systems beside the one that the link reads from now on."""
        ...


class StoreLink(Generic[S, R]):
    """One link to a store.

    Its state changes only on the owner's thread: `hand_over` runs there what the poller reports.
    If the store holds several systems, the link reads the first one, and the owner is told of the others.
    """

    def __init__(self, reach: R, watcher: LinkWatcher[S, R], hand_over: HandOver) -> None:
        self.reach = reach
        self.state = Link()
        self.connection: S | None = None
        self.capabilities: Capabilities | None = None
        self.latest: PollResult | None = None
        self._watcher = watcher
        self._hand_over = hand_over
        self._returns_to_s: float | None = None
        self._is_surveyed = False
        self.calls = BackgroundCalls(hand_over)
        self.poller: Poller[S] = Poller(self._open, self, reach.interval_s)

    def start(self) -> None:
        """Connect and poll until stopped."""
        self.calls.start()
        self.poller.start()

    def stop(self) -> None:
        """Stop polling, without waiting for the store."""
        self.poller.stop()

    def show(self, watch: Watch) -> None:
        """Poll what the console shows of this store, at the interval that was chosen."""
        if self._returns_to_s is not None:
            self.poller.choose_interval(self._returns_to_s)
            self._returns_to_s = None
        self.poller.watch(watch)

    def stand_beside(self) -> None:
        """Poll the counts and the tally alone, and less often, while another store is shown."""
        if self._returns_to_s is not None:
            return
        self._returns_to_s = chosen_s = self.poller.interval_s
        self.poller.choose_interval(max(BESIDE_S, chosen_s))
        self.poller.watch(BESIDE)

    def look_at_clock(self) -> None:
        """Report a store that has not answered for SILENT_AFTER_S; abandon the poll after ABANDON_AFTER_S."""
        silent_s = self.poller.silent_s
        if silent_s >= ABANDON_AFTER_S:
            self.calls.abandon()
            self.poller.abandon(
                f"the store has not answered for {silent_s:.0f} s; it hangs, or the network drops what is sent"
            )
        elif silent_s >= SILENT_AFTER_S and not self.state.is_down:
            reason = "the store keeps silent"
            lost_at = time.monotonic() - silent_s
            self._change(Link(LinkState.SILENT, reason, lost_at=lost_at, was_live=self.state.was_live))

    # Called by the poller, on its own thread

    def hear_connected(self, connection: S, capabilities: Capabilities) -> None:
        """Take over the connection to a store that answers."""
        self._hand_over(partial(self._take_up, connection, capabilities))

    def hear_picture(self, watch: Watch, picture: Picture, cost_s: float, pace_s: float) -> None:
        """Keep the newest picture."""
        self._hand_over(partial(self._keep, PollResult(watch, picture, cost_s, pace_s)))

    def hear_refusal(self, watch: Watch, reason: str) -> None:
        """Tell the owner why a filter cannot be answered."""
        self._hand_over(partial(self._watcher.page_refused, self, watch, reason))

    def hear_loss(self, reason: str, attempt: int, retry_s: float) -> None:
        """Record the loss and the time of the next try; the latest picture is kept."""
        self._hand_over(partial(self._lose, reason, attempt, retry_s))

    def _open(self) -> S:
        if not self._is_surveyed:
            first, *others = self.reach.survey() or (self.reach,)
            self.reach, self._is_surveyed = first, True
            if others:
                self._hand_over(partial(self._watcher.found_beside, self, others))
        opened: S = self.reach.open()
        return opened

    def _take_up(self, connection: S, capabilities: Capabilities) -> None:
        self.connection, self.capabilities = connection, capabilities
        self._change(Link(LinkState.LIVE, was_live=True))

    def _keep(self, result: PollResult) -> None:
        if self.state.state is LinkState.SILENT:
            self._change(Link(LinkState.LIVE, was_live=True))
        self.latest = result
        self._watcher.picture_arrived(self)

    def _lose(self, reason: str, attempt: int, retry_s: float) -> None:
        now = time.monotonic()
        lost_at = self.state.lost_at if self.state.is_down else now
        self._change(Link(LinkState.LOST, reason, attempt, lost_at, now + retry_s, self.state.was_live))

    def _change(self, state: Link) -> None:
        before, self.state = self.state, state
        self._watcher.link_changed(self, before)
