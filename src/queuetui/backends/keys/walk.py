"""Walks along shelves in either direction, and finds a place again after jobs have moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from queuetui.backends.keys.entry_reader import BATCH_ENTRIES, KeysReading
from queuetui.backends.keys.shelf import Entry, Kind, Shelf, member_of
from queuetui.backends.reading.cursors import Place, read_cursor, write_cursor
from queuetui.model.errors import BadQuery

_ORDER = "shelves"
# So many members of one score are compared, where one is known by a digest.
MOST_TIES = 1_000
# How far back a list is looked through for a job that others before it have left.
_MOST_BACK = 20_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry as a cursor remembers it."""

    key: bytes
    rank: int
    score: str
    mark: str


def write_anchor(entry: Entry) -> str:
    """Return the cursor of an entry."""
    score = "" if entry.score is None else entry.score.decode("ascii")
    return write_cursor(Place(_ORDER, 0, (entry.shelf.key.decode("latin-1"), entry.rank, score, entry.mark)))


def read_anchor(cursor: str) -> Anchor:
    """Return the entry that a cursor names; raises BadQuery for one that is none of ours."""
    match read_cursor(cursor, (_ORDER,), (4,)).values:
        case (str(key), int(rank), str(score), str(mark)) if not isinstance(rank, bool) and 0 <= rank < 2**53:
            with suppress(ValueError):
                float(score or 0)
                return Anchor(key.encode("latin-1"), rank, score, mark)
    raise BadQuery("this cursor cannot be read; start from the first page", 0)


@dataclass(frozen=True)
class Walk:
    """A way along shelves, on which entries come in batches."""

    reading: KeysReading
    shelves: Sequence[Shelf]
    backward: bool = False

    @cached_property
    def sizes(self) -> list[int]:
        """How many members each shelf has, which is asked once."""
        return self.reading.sizes(self.shelves)

    def batches(self, cursor: str | None, first_batch: int = BATCH_ENTRIES) -> Iterator[list[Entry]]:
        """Yield the entries behind a place, all of one shelf at a time, in the direction of the walk."""
        start, rank = self._start(cursor)
        order = range(start, -1, -1) if self.backward else range(start, len(self.shelves))
        for place in order:
            at = rank if place == start else None
            yield from self._along(self.shelves[place], self.sizes[place], at, first_batch)

    def _start(self, cursor: str | None) -> tuple[int, int | None]:
        if cursor is None:
            return len(self.shelves) - 1 if self.backward else 0, None
        anchor = read_anchor(cursor)
        place = next((at for at, shelf in enumerate(self.shelves) if shelf.key == anchor.key), None)
        if place is None:
            raise BadQuery("the key that this page began in is not read any more; start from the first page", 0)
        return place, rank_behind(self.reading, self.shelves[place], anchor, backward=self.backward)

    def _along(self, shelf: Shelf, size: int, start: int | None, batch: int) -> Iterator[list[Entry]]:
        if not size and start is None:
            return
        if self.backward:
            end = size if start is None else start + 1
            while end > 0:
                first = max(0, end - batch)
                found = self.reading.slice(shelf, first, end - first)
                yield [one for one in found if one.rank < end][::-1]
                end = first
            return
        at = start or 0
        while True:
            found = self.reading.slice(shelf, at, batch)
            if found:
                yield found
            if len(found) < batch or shelf.is_read_whole:
                return
            at += len(found)


def rank_behind(reading: KeysReading, shelf: Shelf, anchor: Anchor, *, backward: bool) -> int:
    """Return the rank at which a walk goes on behind an entry that was seen, wherever it is now."""
    if shelf.kind is Kind.SORTED:
        rank, is_there = _rank_in_sorted(reading, shelf, anchor)
    elif shelf.kind is Kind.LIST:
        rank, is_there = _rank_in_list(reading, shelf, anchor)
    else:
        marks = [entry.mark for entry in reading.slice(shelf, 0, len(shelf.listed) or BATCH_ENTRIES)]
        is_there = anchor.mark in marks
        rank = marks.index(anchor.mark) if is_there else min(anchor.rank, len(marks))
    if backward:
        return rank - 1
    return rank + 1 if is_there else rank


def _rank_in_sorted(reading: KeysReading, shelf: Shelf, anchor: Anchor) -> tuple[int, bool]:
    """Return an entry's rank, or where its like begin once it is gone."""
    member = member_of(anchor.mark)
    score = anchor.score or "0"
    lowest = "-inf" if shelf.above is None else f"({shelf.above}"
    before = ("ZCOUNT", shelf.key, f"({score}", "+inf") if shelf.falls else ("ZCOUNT", shelf.key, lowest, f"({score}")
    if member is not None:
        rank, count = reading.ask([("ZREVRANK" if shelf.falls else "ZRANK", shelf.key, member), before])
        if rank is not None and shelf.above is not None:
            rank = int(rank) - int(reading.ask([("ZCOUNT", shelf.key, "-inf", shelf.above)])[0])
        return (int(count), False) if rank is None or rank < 0 else (int(rank), True)
    verb = "ZREVRANGEBYSCORE" if shelf.falls else "ZRANGEBYSCORE"
    ties, count = reading.ask([(verb, shelf.key, score, score, "LIMIT", 0, MOST_TIES), before])
    marks = [Entry(shelf, one).mark for one in ties]
    is_there = anchor.mark in marks
    return int(count) + (marks.index(anchor.mark) if is_there else 0), is_there


def _rank_in_list(reading: KeysReading, shelf: Shelf, anchor: Anchor) -> tuple[int, bool]:
    """Look for an entry before its old rank, which others taken first lower, and a little behind it."""
    end = anchor.rank + BATCH_ENTRIES
    lowest = max(0, anchor.rank - _MOST_BACK)
    while end > lowest:
        first = max(lowest, end - 2 * BATCH_ENTRIES)
        for entry in reading.slice(shelf, first, end - first):
            if entry.mark == anchor.mark:
                return entry.rank, True
        end = first
    # It was taken, and with it all that stood before it.
    return lowest, False
