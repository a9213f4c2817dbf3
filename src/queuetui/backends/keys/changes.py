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

PRESENT = "present"
# Writes a part into another store, does the rest, and keeps that part only if the rest was done; the answer is None where it was
# not, else the job's state and revision there.
Within = Callable[[Callable[[], bool]], tuple[State | None, str | None] | None]


@dataclass(frozen=True, slots=True)
class KeysStep:
    """One command of a change; `answers` let that go on: PRESENT is any but none, an empty tuple any.

    `why` is told of a guard that did not hold, where that does not mean that the job has changed.
    """

    command: Command
    answers: tuple[Value, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class LuaDecision:
    """A Lua file of the product's, by folder and name, and its arguments.

    It runs within `guarded.lua` when all guards hold: it reads, and returns commands, puts before removes.
    """

    script: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class KeysChange:
    """What is done to one job: guards read, puts write, removes take away, then what a decision adds.

    A full memory refuses what writes, never what takes away: in another order the job would be lost. `after` is where the job then
    stands. `kept` are keys that `before` holds whole beside the entry, `kept_fields` fields of hashes that many jobs share.
    `within` does the change together with one of another store, in which the job then stands.
    """

    guards: tuple[KeysStep, ...]
    puts: tuple[KeysStep, ...]
    removes: tuple[KeysStep, ...]
    decision: LuaDecision | None = None
    kept: tuple[bytes, ...] = ()
    kept_fields: tuple[tuple[bytes, bytes], ...] = ()
    after: Entry | None = None
    note: str = ""
    within: Within | None = None

    @property
    def steps(self) -> tuple[KeysStep, ...]:
        """All steps in the one order."""
        return (*self.guards, *self.puts, *self.removes)


def stands(entry: Entry) -> KeysStep:
    """Return the guard that an entry is still where it was seen, with its score or value."""
    answers: dict[Kind, Value] = {Kind.LIST: PRESENT, Kind.SORTED: entry.score or b"", Kind.HASH: entry.value or b""}
    return KeysStep(entry.shelf.find(entry.member), (answers.get(entry.shelf.kind, "1"),))


def says(key: bytes, name: str | bytes, value: bytes | None) -> KeysStep:
    """Return the guard that a field of a hash is as it was read; a missing one answers with nothing."""
    return KeysStep(("HGET", key, name), (value or b"",))


def holds(key: bytes, value: bytes | None) -> KeysStep:
    """Return the guard that a key of one value is as it was read, or still not there."""
    return KeysStep(("GET", key), (value or b"",))


def is_of_kind(shelf: Shelf) -> KeysStep:
    """Return the guard that a key can be put into, which a failed write behind others could not undo."""
    return KeysStep(("TYPE", shelf.key), (shelf.kind.value, "none"), ODD_GOAL)


def take_away(entry: Entry) -> KeysStep:
    """Return the step that removes an entry from its shelf."""
    shelf, member = entry.shelf, entry.member
    if shelf.kind is Kind.LIST:
        return KeysStep(("LREM", shelf.key, 1, member))
    if shelf.kind is Kind.KEYS:
        return KeysStep(("DEL", member))
    return KeysStep(({Kind.SORTED: "ZREM", Kind.HASH: "HDEL", Kind.SET: "SREM"}[shelf.kind], shelf.key, member))


@dataclass(frozen=True, slots=True)
class Rule:
    """A verb on jobs of some states; `build` returns the change, or in words why a job is left alone."""

    verb: Verb
    states: frozenset[State]
    build: Callable[[Seen, KeysMoment], KeysChange | str]
