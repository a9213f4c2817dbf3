"""Walks the waiting jobs of a queue in claim order, in bounded batches.

    level 9   | j j j j j > . . . .        > is the bookmark of this lease: before it every job was looked at and kept back
    level 5   | j j > . . . . . . .        . is not looked at yet
    level 0   | > . . . . . . . . .

A claim looks at FRONT_JOBS from the front of the levels first, as new or freed jobs stand there, then at PIECE_JOBS from the bookmarks
on. `ruled_claims` decides on each job by what `claim_limits` leaves; when all levels were walked, the bookmarks are forgotten.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import merge
from itertools import chain
from typing import Any
from uuid import UUID

from queuetui.backends.native.claim_limits import Candidate
from queuetui.backends.native.odd_values import read_choice, read_json
from queuetui.backends.native.sql.session import Session
from queuetui.model.clock import EPOCH, to_us

HIGHEST = 2**63 - 1
LOWEST = -(2**63)
# A claim looks at no more priorities than this: the lowest ones wait until some above them are empty.
MOST_LEVELS = 100
# A claim looks at this many jobs from the front, and at this many from where the claim before it stopped.
FRONT_JOBS = 200
PIECE_JOBS = 1_000
FIRST_BATCH = 10
Place = tuple[Any, Any]


@dataclass(slots=True)
class Bookmarks:
    """How far the claims of a lease have looked in each priority, while rules keep back many jobs."""

    places: dict[int, Place] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    def forget(self) -> None:
        """Begin again at the front."""
        self.places.clear()
        self.ended.clear()


@dataclass(slots=True)
class LevelWalk:
    """The walk of one claim; each priority is a level with its jobs in the order of due time and id."""

    session: Session
    queue: str
    ageing_s: float | None
    wanted: int
    bookmarks: Bookmarks
    was_cut: bool = False
    _budget: int = 0
    _batch: int = FIRST_BATCH

    def candidates(self) -> Iterator[Candidate]:
        """Yield jobs from the front, then from where the last claim stopped, each job once."""
        levels = self._find_levels()
        shares = 1 if self.ageing_s is None else len(levels)
        self._batch = self.wanted // max(1, shares) + FIRST_BATCH
        self._budget = FRONT_JOBS + 2 * self.wanted + FIRST_BATCH * len(levels)
        seen = set()
        for one in self._in_order(levels, is_front=True):
            seen.add(one.id)
            yield one
        if not self._is_spent():
            self.bookmarks.forget()
            return
        self._budget = PIECE_JOBS
        left = [priority for priority in levels if priority not in self.bookmarks.ended]
        yield from (one for one in self._in_order(left, is_front=False) if one.id not in seen)
        self.was_cut = self._is_spent()
        if not self.was_cut:
            self.bookmarks.forget()

    def _is_spent(self) -> bool:
        return self._budget <= 0

    def _find_levels(self) -> list[int]:
        levels: list[int] = []
        at_most = HIGHEST
        while len(levels) < MOST_LEVELS:
            row = self.session.row("next_level", queue=self.queue, at_most=at_most)
            if row is None:
                break
            levels.append(row[0])
            if row[0] == LOWEST:
                break
            at_most = row[0] - 1
        return levels

    def _in_order(self, levels: list[int], *, is_front: bool) -> Iterator[Candidate]:
        walks = [self._level(priority, is_front=is_front) for priority in levels]
        return chain.from_iterable(walks) if self.ageing_s is None else merge(*walks, key=self._age)

    def _age(self, one: Candidate) -> tuple[int, Any]:
        """Return the sort key with ageing: one point of priority counts as much as `ageing_s` of due time."""
        assert self.ageing_s is not None  # noqa: S101 - asked only with ageing
        due = self.session.moment_out(one.due)
        return to_us(due) - one.priority * round(self.ageing_s * 1e6), self.session.id_out(one.id)

    def _level(self, priority: int, *, is_front: bool) -> Iterator[Candidate]:
        start = (self.session.moment_in(EPOCH), self.session.id_in(UUID(int=0)))
        due, last = start if is_front else self.bookmarks.places.get(priority, start)
        batch = self._batch
        while not self._is_spent():
            limit = min(batch, self._budget)
            values = {"queue": self.queue, "priority": priority, "due_at": due, "id": last, "limit": limit}
            rows = self.session.rows("read_level", **values)
            self._budget -= len(rows)
            for row in rows:
                due, last = row[5], row[0]
                yield Candidate(row[0], row[1], _needs(row[2]), row[3], row[4], row[5])
            if not is_front:
                self.bookmarks.places[priority] = (due, last)
            if len(rows) < limit:
                if not is_front:
                    self.bookmarks.ended.add(priority)
                return
            batch *= 4


def _needs(text: str) -> frozenset[str]:
    return frozenset(one.raw for one in read_choice(read_json(text))) if text != "[]" else frozenset()
