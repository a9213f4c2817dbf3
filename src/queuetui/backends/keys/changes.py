"""What is done to a job, in the words in which a product describes it: guards, puts and removes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from queuetui.backends.keys.seen import KeysMoment, Seen
from queuetui.backends.keys.shelf import Command, Entry, Kind, Shelf
from queuetui.backends.reading.refusals import ODD_GOAL
from queuetui.backends.redis.server import Value
from queuetui.model.act import Verb
from queuetui.model.state import State

# The answer of a guard that is any but none.
PRESENT = "present"
# Writes a part into another store, does the rest, and keeps that part only if the rest was done; the answer is None where it was
# not, else the job's state and revision there.
Within = Callable[[Callable[[], bool]], tuple[State | None, str | None] | None]


@dataclass(frozen=True, slots=True)
class Guard:
    """A command that reads, and the answers with which a change goes on."""

    command: Command
    answers: tuple[Value, ...]
    # Told of a job where the guard does not hold; empty where that means that the job has changed.
    why: str = ""


@dataclass(frozen=True, slots=True)
class LuaDecision:
    """A Lua file of a product's that runs within `guarded.lua` once all guards hold.

    It only reads, and returns commands: what puts before what removes.
    """

    # Its folders from the package's root, then its name.
    script: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class KeysChange:
    """What is done to one job: all of it in this order, or nothing where a guard does not hold."""

    guards: tuple[Guard, ...]
    # Commands that write. They come first: a full memory refuses them, never those that take away, and the job would be lost.
    puts: tuple[Command, ...] = ()
    removes: tuple[Command, ...] = ()
    # Adds commands that depend on the data at that moment.
    decision: LuaDecision | None = None
    # Keys that the act's record keeps whole, and fields of hashes that many jobs share, beside the entry itself.
    kept: tuple[bytes, ...] = ()
    kept_fields: tuple[tuple[bytes, bytes], ...] = ()
    # Where the job then stands.
    after: Entry | None = None
    # Told with the outcome.
    note: str = ""
    # Does the change together with one of another store, in which the job then stands.
    within: Within | None = None


def stands(entry: Entry) -> Guard:
    """Return the guard that an entry is still where it was seen, with its score or value."""
    answers: dict[Kind, Value] = {Kind.LIST: PRESENT, Kind.SORTED: entry.score or b"", Kind.HASH: entry.value or b""}
    return Guard(entry.shelf.find(entry.member), (answers.get(entry.shelf.kind, "1"),))


def says(key: bytes, name: str | bytes, value: bytes | None) -> Guard:
    """Return the guard that a field of a hash is as it was read; a missing one answers with nothing."""
    return Guard(("HGET", key, name), (value or b"",))


def holds(key: bytes, value: bytes | None) -> Guard:
    """Return the guard that a key of one value is as it was read, or still not there."""
    return Guard(("GET", key), (value or b"",))


def scores(key: bytes, member: bytes, score: bytes | None) -> Guard:
    """Return the guard that a member of a sorted set has the score that was read, or is still not there."""
    return Guard(("ZSCORE", key, member), (score or b"",))


def is_of_kind(shelf: Shelf) -> Guard:
    """Return the guard that a key can be put into, which a failed write behind others could not undo."""
    return Guard(("TYPE", shelf.key), (shelf.kind.value, "none"), ODD_GOAL)


def take_away(entry: Entry) -> Command:
    """Return the command that removes an entry from its shelf."""
    shelf, member = entry.shelf, entry.member
    if shelf.kind is Kind.LIST:
        return "LREM", shelf.key, 1, member
    if shelf.kind is Kind.KEYS:
        return "DEL", member
    return {Kind.SORTED: "ZREM", Kind.HASH: "HDEL", Kind.SET: "SREM"}[shelf.kind], shelf.key, member


@dataclass(frozen=True, slots=True)
class Rule:
    """A verb on jobs of some states; `build` returns the change, or in words why a job is left alone."""

    verb: Verb
    states: frozenset[State]
    build: Callable[[Seen, KeysMoment], KeysChange | str]
