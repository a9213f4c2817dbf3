"""A key whose members are jobs, and its entries: the words a product describes its keys in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from queuetui.backends.redis.server import Value
from queuetui.model.state import State

Command = tuple[Value, ...]
# Sends commands that read, and returns their answers.
Ask = Callable[[Sequence[Command]], list[Any]]
# Members up to here are written into cursors and revisions whole, longer ones by their digest.
SHORT_MEMBER_BYTES = 200
# A hash or set of runs has a member a thread; more of them than this are not read.
MOST_FIELDS = 5_000


class Kind(StrEnum):
    """The type of a shelf's key; KEYS are keys that begin alike, each a job of its own."""

    LIST = "list"
    SORTED = "zset"
    HASH = "hash"
    SET = "set"
    KEYS = "string"


_FINDING = {Kind.LIST: "LPOS", Kind.SORTED: "ZSCORE", Kind.HASH: "HGET", Kind.SET: "SISMEMBER"}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One key whose members stand for jobs."""

    # The product's own name for what the key is for.
    role: str
    # Of KEYS what they all begin with.
    key: bytes
    kind: Kind
    # Several where only the job itself tells.
    states: tuple[State, ...]
    # None where each job names its own.
    queue: str | None = None
    # Its last member is shown first. A list is shown from the end that is taken first, so that a job that is taken only lowers the
    # ranks of the others.
    falls: bool = False
    # Only the members of a sorted set with a higher score are jobs, the lowest first.
    above: int | None = None
    # The members of KEYS, as far as their names were found, and whether there may be more.
    listed: Sequence[bytes] = field(default=(), compare=False, repr=False)
    is_partly_listed: bool = field(default=False, compare=False)
    # Some members stand for no job.
    has_others: bool = False

    def size(self) -> Command:
        """Return the command that answers with the number of members."""
        if self.above is not None:
            return "ZCOUNT", self.key, f"({self.above}", "+inf"
        return {Kind.LIST: "LLEN", Kind.SORTED: "ZCARD", Kind.HASH: "HLEN", Kind.SET: "SCARD"}[self.kind], self.key

    def find(self, member: bytes) -> Command:
        """Return the command that answers whether a member is there."""
        return ("EXISTS", member) if self.kind is Kind.KEYS else (_FINDING[self.kind], self.key, member)

    def found(self, member: bytes, reply: Any) -> Entry | None:  # noqa: ANN401 - each command has its own answer
        """Return the entry that `find` answered with, None where the member is not there."""
        match self.kind:
            case _ if reply is None:
                return None
            case Kind.LIST:
                return Entry(self, member, int(reply))
            case Kind.SORTED:
                return Entry(self, member, score=reply)
            case Kind.HASH:
                return Entry(self, member, value=reply)
        return Entry(self, member) if reply else None

    @property
    def is_read_whole(self) -> bool:
        """Whether its members have no order of their own, so that all are read at once and sorted here."""
        return self.kind in (Kind.HASH, Kind.SET)

    def is_cut(self, size: int) -> bool:
        """Tell whether not all members of so many can be listed."""
        return self.is_read_whole and size > MOST_FIELDS

    def slice(self, rank: int, count: int) -> Command:
        """Return the command that reads members from a rank on; what has no order is read whole."""
        last = rank + count - 1
        if self.is_read_whole:
            return "HSCAN" if self.kind is Kind.HASH else "SSCAN", self.key, 0, "COUNT", MOST_FIELDS
        if self.above is not None:
            return "ZRANGEBYSCORE", self.key, f"({self.above}", "+inf", "WITHSCORES", "LIMIT", rank, count
        if self.kind is Kind.SORTED:
            return "ZREVRANGE" if self.falls else "ZRANGE", self.key, rank, last, "WITHSCORES"
        return ("LRANGE", self.key, -last - 1, -rank - 1) if self.falls else ("LRANGE", self.key, rank, last)

    def entries(self, reply: Any, rank: int) -> list[Entry]:  # noqa: ANN401 - each command has its own answer
        """Return what a slice from a rank on answered, or of KEYS what is listed there."""
        if self.kind in (Kind.LIST, Kind.KEYS):
            return [Entry(self, one, rank + place) for place, one in enumerate(reply[::-1] if self.falls else reply)]
        if self.kind is Kind.SORTED:
            pairs = zip(reply[::2], reply[1::2], strict=True)
            return [Entry(self, member, rank + place, score=score) for place, (member, score) in enumerate(pairs)]
        _, found = reply
        members = dict.fromkeys(found) if self.kind is Kind.SET else dict(zip(found[::2], found[1::2], strict=True))
        return [Entry(self, one, place, value=members[one]) for place, one in enumerate(sorted(members))][rank:]


@dataclass(frozen=True, slots=True)
class Listing:
    """The names of keys that were found so far."""

    keys: tuple[bytes, ...]
    # All names were looked through, and there are no more.
    is_whole: bool

    @property
    def unseen(self) -> str:
        """Why there may be more, nothing where these are all."""
        return "" if self.is_whole else f"{len(self.keys):,} keys that are jobs are listed, and there may be more"

    def fill(self, shelf: Shelf) -> Shelf:
        """Return a shelf of KEYS with these as its members."""
        return replace(shelf, listed=self.keys, is_partly_listed=not self.is_whole)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a shelf, known by its exact bytes."""

    shelf: Shelf
    member: bytes
    rank: int = 0
    # Of a sorted set, as stored.
    score: bytes | None = None
    # Of a hash, whose fields are the members.
    value: bytes | None = None

    @property
    def stored(self) -> bytes:
        """What a hash holds under the member, else the member."""
        return self.member if self.value is None else self.value

    @property
    def mark(self) -> str:
        """The member as text that cursors and revisions can hold."""
        return mark_of(self.member)


def mark_of(member: bytes) -> str:
    """Return the text by which a member is known again."""
    if len(member) <= SHORT_MEMBER_BYTES:
        return "=" + member.decode("latin-1")
    return "#" + hashlib.sha256(member).hexdigest()


def member_of(mark: str) -> bytes | None:
    """Return the member that a mark holds whole, None where it is a digest."""
    return mark[1:].encode("latin-1", "replace") if mark.startswith("=") else None
