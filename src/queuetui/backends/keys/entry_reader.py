"""Reads entries and what belongs to them, in few packets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from queuetui.backends.keys.product import KeysProduct
from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Command, Entry, Kind, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.backends.redis.server import RedisServer, Value
from queuetui.model.clock import from_us
from queuetui.model.errors import Unsupported
from queuetui.model.job import Job
from queuetui.model.limits import Limits, unconsumed
from queuetui.model.state import WAITING, State
from queuetui.model.stuck import is_overdue, is_unheard

BATCH_ENTRIES = 500
_COMMANDS_A_PACKET = 2_000
_WRONG_TYPE = "WRONGTYPE"
# What a command answers where nothing stands at its key, if that is not nil.
_EMPTY: dict[Value, Callable[[Command], Any]] = {
    **dict.fromkeys(("HMGET", "ZMSCORE"), lambda command: [None] * (len(command) - 2)),
    "MGET": lambda command: [None] * (len(command) - 1),
    **dict.fromkeys(("HSCAN", "SSCAN"), lambda _: [b"0", []]),
    **dict.fromkeys(("LLEN", "ZCARD", "HLEN", "XLEN", "SCARD", "ZCOUNT"), lambda _: 0),
    **dict.fromkeys(("SMEMBERS", "LRANGE", "ZRANGE", "ZREVRANGE", "XRANGE", "XREVRANGE"), lambda _: []),
    **dict.fromkeys(("ZRANGEBYSCORE", "ZREVRANGEBYSCORE", "SRANDMEMBER"), lambda _: []),
}


@dataclass(frozen=True)
class KeysReading:
    """One look at a server: its shelves are found once, and all is judged by one time."""

    server: RedisServer
    product: KeysProduct
    limits: Limits
    # Keys at which another type of value stands than the product's.
    odd_keys: set[Value] = field(default_factory=set)
    # What was read to be counted, by key, member, score and value.
    counted: dict[tuple[bytes | None, ...], Seen | None] = field(default_factory=dict)

    @cached_property
    def moment(self) -> KeysMoment:
        """The server's time, or the fixed one of a capture."""
        options = self.server.options
        now = options.now
        if now is None:
            seconds, micros = self.server.ask("asking the server for its time", "TIME")
            now = from_us(int(seconds) * 1_000_000 + int(micros))
        survey, liveness = self.survey, self.product.capabilities.liveness
        return KeysMoment(self.server.name, now.astimezone(UTC), self.limits, survey, liveness, options.summaries)

    @cached_property
    def _brief_moment(self) -> KeysMoment:
        return replace(self.moment, brief=True, summaries=None)

    @property
    def now(self) -> datetime:
        """When this look is."""
        return self.moment.now

    @cached_property
    def survey(self) -> Survey:
        """The queues and workers."""
        return self.product.survey(self.ask)

    @cached_property
    def queue_names(self) -> set[str]:
        """The queues by the names that are shown."""
        return {name.decode("utf-8", "replace") for name in self.survey.queues}

    @cached_property
    def shelves(self) -> tuple[Shelf, ...]:
        """Every shelf."""
        return self.product.shelves(self.survey)

    def is_stuck(self, job: Job) -> bool:
        """Tell whether a job was held for too long, waits with no attempt left, or waits too long."""
        if job.state is State.PROCESSING:
            return self.moment.is_held_too_long(job)
        if job.state in WAITING and job.is_used_up:
            return True
        if self.survey.is_paused(job.queue.raw):
            return False
        unheard = self.unheard([job.queue.raw])
        return is_unheard(job, self.now, self.limits, unheard) or is_overdue(job, self.now, self.limits)

    def unheard(self, queues: Iterable[str]) -> frozenset[str]:
        """Return the queues that nobody listens to, none where nothing tells who does."""
        is_told = self.product.capabilities.workers
        return unconsumed(queues, self.survey.workers, self.now, self.limits) if is_told else frozenset()

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands that read, in packets; a key of another type answers as if it were empty."""
        answers: list[Any] = []
        for first in range(0, len(commands), _COMMANDS_A_PACKET):
            answers += self._ask_packet(commands[first : first + _COMMANDS_A_PACKET])
        return answers

    def _ask_packet(self, commands: Sequence[Command]) -> list[Any]:
        try:
            return self.server.ask_all(f"reading {self.product.capabilities.label}'s keys", commands)
        except Unsupported as error:
            if _WRONG_TYPE not in str(error):
                raise
        if len(commands) == 1:
            (command,) = commands
            self.odd_keys.add(command[1])
            return [_EMPTY[command[0]](command)] if command[0] in _EMPTY else [None]
        half = len(commands) // 2
        return [*self._ask_packet(commands[:half]), *self._ask_packet(commands[half:])]

    def sizes(self, shelves: Sequence[Shelf]) -> list[int]:
        """Return how many members each shelf has."""
        asked = iter(self.ask([shelf.size() for shelf in shelves if shelf.kind is not Kind.KEYS]))
        return [len(shelf.listed) if shelf.kind is Kind.KEYS else int(next(asked)) for shelf in shelves]

    def slices(self, shelves: Sequence[Shelf], rank: int, count: int) -> list[list[Entry]]:
        """Return entries of each shelf from a rank on."""
        replies = iter(self.ask([shelf.slice(rank, count) for shelf in shelves if shelf.kind is not Kind.KEYS]))
        end = rank + count
        return [
            shelf.entries(shelf.listed[rank:end] if shelf.kind is Kind.KEYS else next(replies), rank)
            for shelf in shelves
        ]

    def slice(self, shelf: Shelf, rank: int, count: int) -> list[Entry]:
        """Return entries from a rank on."""
        return self.slices([shelf], rank, count)[0]

    def load(self, entries: Sequence[Entry], *, brief: bool = False) -> Iterator[Seen]:
        """Yield the entries that stand for jobs, with these; `brief`: only counted, and read once a look."""
        if not brief:
            yield from self._load(entries, self.moment)
            return
        places = [(one.shelf.key, one.member, one.score, one.value) for one in entries]
        unread = {place: one for place, one in zip(places, entries, strict=True) if place not in self.counted}
        found = {seen.entry: seen for seen in self._load(list(unread.values()), self._brief_moment)}
        self.counted.update((place, found.get(one)) for place, one in unread.items())
        yield from filter(None, map(self.counted.get, places))

    def _load(self, entries: Sequence[Entry], moment: KeysMoment) -> Iterator[Seen]:
        told = self._ask_for_each([self.product.loads(entry) for entry in entries])
        more = self._ask_for_each([self.product.follows(*one) for one in zip(entries, told, strict=True)])
        told = [[*first, *further] for first, further in zip(told, more, strict=True)]
        for entry, loaded in zip(entries, told, strict=True):
            job = self.product.read(entry, loaded, moment)
            if job is not None:
                yield Seen(entry, loaded, job)

    def _ask_for_each(self, wanted: Sequence[Sequence[Command]]) -> list[list[Any]]:
        answers = iter(self.ask([command for each in wanted for command in each]))
        return [[next(answers) for _ in commands] for commands in wanted]
