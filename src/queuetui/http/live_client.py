"""One client of the live updates: its subscription, and the sending of messages."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.http.live_log import LiveLog, LiveMessage

LOG = logging.getLogger("queuetui.http.live")
QUIET_S = 5.0
HELLO = "hello"
RESET = "reset"
QUIET = "quiet"
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message to send: a client that reconnects continues after its `id`."""

    id: str
    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class LiveSubscription:
    """The messages that a client wants to receive; None is everything."""

    last_id: str | None = None
    backend: str | None = None
    queue: str | None = None

    def takes(self, message: LiveMessage) -> bool:
        """Tell whether the client wants a message; figures are of all queues."""
        return self.backend in {None, message.backend} and (
            self.queue is None or message.queue is None or message.queue == self.queue
        )


class LiveClient:
    """Sends messages to one client until it is gone, stalls, loses its right, or the server ends.

    The first message is `hello` with the place where it begins. If messages that it has not received are no longer kept, `reset` is sent in
    their place: the client then reads everything again. `quiet` is sent when nothing happens, so that a lost connection is noticed.
    """

    def __init__(self, log: LiveLog, wanted: LiveSubscription, who: str, is_admitted: Callable[[], bool]) -> None:
        self._log = log
        self._wanted = wanted
        self._who = who
        self._is_admitted = is_admitted
        self._number = log.newest
        self._gone = asyncio.Event()
        self._pushed = 0

    def go(self) -> None:
        """Record that the client has disconnected."""
        self._gone.set()

    async def tell(self, send: Callable[[list[SentMessage]], Awaitable[None]], stalled_after_s: float) -> None:
        """Send messages by `send`, which must return within some seconds each time."""
        number, began_s, why = next(_numbers), time.monotonic(), "it went"
        self._log.enter(self)
        LOG.info("live client %d came (%s), %d listen", number, self._who, self._log.clients)
        telling = asyncio.ensure_future(self._tell(send, stalled_after_s))
        going = asyncio.ensure_future(self._gone.wait())
        try:
            await asyncio.wait({telling, going}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                why = telling.result()
        finally:
            for task in (telling, going):
                task.cancel()
            await asyncio.gather(telling, going, return_exceptions=True)
            self._log.leave(self)
            took_s = time.monotonic() - began_s
            LOG.info(
                "live client %d left after %.0f s (%s): %d messages pushed, %d listen",
                number,
                took_s,
                why,
                self._pushed,
                self._log.clients,
            )

    async def _tell(self, send: Callable[[list[SentMessage]], Awaitable[None]], stalled_after_s: float) -> str:
        told = self._begin()
        checked_s = time.monotonic()
        while True:
            try:
                async with asyncio.timeout(stalled_after_s):
                    await send(told)
            except TimeoutError:
                return f"it took nothing for {stalled_after_s:g} s"
            self._count(told)
            if self._log.is_over:
                return "the server ends"
            if time.monotonic() - checked_s >= QUIET_S:
                if not await asyncio.to_thread(self._is_admitted):
                    return "its token ended"
                checked_s = time.monotonic()
            told = await self._next()

    def _begin(self) -> list[SentMessage]:
        last = self._wanted.last_id
        if last is None:
            return [self._hello(HELLO)]
        number = self._log.number_of(last)
        if number is None or self._log.after(number) is None:
            return [self._hello(RESET)]
        self._number = number
        return [self._hello(HELLO)]

    async def _next(self) -> list[SentMessage]:
        await self._log.wait(self._number, QUIET_S)
        messages = self._log.after(self._number)
        if messages is None:
            self._number = self._log.newest
            return [self._hello(RESET)]
        if not messages:
            return [] if self._log.is_over else [self._hello(QUIET)]
        self._number = messages[-1].number
        return [
            SentMessage(self._log.id_of(one.number), one.kind, one.data) for one in messages if self._wanted.takes(one)
        ]

    def _hello(self, kind: str) -> SentMessage:
        return SentMessage(self._log.id_of(self._number), kind, json.dumps({"clients": self._log.clients}))

    def _count(self, told: list[SentMessage]) -> None:
        pushed = sum(one.kind not in {HELLO, RESET, QUIET} for one in told)
        self._pushed += pushed
        self._log.pushed += pushed
