"""Pages over two halves: one behind the other, or merged by what a sort goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import merge

from queuetui.backends.joined.halves import FIRST, SECOND, Halves
from queuetui.backends.reading.cursors import Place, read_cursor, write_cursor
from queuetui.backends.reading.query_scope import states_asked
from queuetui.backends.reading.sort_orders import order_key
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness, Measured, absent, add_counts
from queuetui.model.page import Page, PageRequest

# What a border is called in a cursor: one behind entries, one before them.
_ORDERS = ("joined behind", "joined before")
_EMPTY = Page((), absent("nothing of it is asked for"))
Cursors = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class _Border:
    """Where a page begins or ends."""

    # A cursor of each half, None where that begins or ends.
    cursors: Cursors
    # Whether the border is before the jobs at the cursors, and not behind them.
    before: bool

    def write(self) -> str:
        return write_cursor(Place(_ORDERS[self.before], int(self.before), self.cursors))


def _read_border(cursor: str) -> _Border:
    place = read_cursor(cursor, _ORDERS, (2, 2))
    first, second = (None if one is None else str(one) for one in place.values)
    return _Border((first, second), bool(place.segment))


class JoinedPages:
    """Reads pages."""

    def __init__(self, halves: Halves, limits: Limits) -> None:
        self._halves = halves
        self._limits = limits

    def read(self, request: PageRequest) -> Page:
        """Return one page; a half that keeps no job of the states asked for is not read."""
        query = request.query
        asked = [bool(states_asked(query, half.capabilities.keeps)) for half in self._halves.both]
        if not any(asked):
            asked[FIRST] = True
        starts = self._starts(request)
        pages = [
            self._ask(half, replace(request, cursor=starts[half])) if asked[half] else _EMPTY
            for half in (FIRST, SECOND)
        ]
        taken = _merge(pages, request)
        near, far = self._borders(request, pages, starts, [taken.count(FIRST), taken.count(SECOND)])
        read = [iter(self._halves.mark(half, _in_walk(pages[half], request))) for half in (FIRST, SECOND)]
        jobs = [next(read[half]) for half in taken]
        reached = jobs or any(page.last for page in pages)
        return Page(
            tuple(reversed(jobs) if request.backward else jobs),
            _total([page.total for page, is_asked in zip(pages, asked, strict=True) if is_asked]),
            (far if request.backward else near).write() if reached else None,
            (near if request.backward else far).write() if reached else None,
            has_more=any(page.has_more or taken.count(half) < len(page.jobs) for half, page in enumerate(pages)),
            notes=tuple(dict.fromkeys(note for page in pages for note in page.notes)),
            looked=_looked(pages),
            order=pages[SECOND if asked == [False, True] else FIRST].order if sum(asked) == 1 else (),
            is_sorted=all(page.is_sorted for page in pages),
        )

    def _ask(self, half: int, request: PageRequest) -> Page:
        return self._halves.both[half].page(request, self._limits)

    def _starts(self, request: PageRequest) -> Cursors:
        """Return where each half is read from, whichever side of the jobs at its cursors the border is on."""
        if request.cursor is None:
            return None, None
        border = _read_border(request.cursor)
        if border.before == request.backward:
            return border.cursors
        first, second = (self._beyond(request, half, cursor) for half, cursor in enumerate(border.cursors))
        return first, second

    def _beyond(self, request: PageRequest, half: int, cursor: str | None) -> str | None:
        page = self._ask(half, PageRequest(request.query, 1, cursor, not request.backward, brief=True))
        return page.first if request.backward else page.last

    def _borders(
        self, request: PageRequest, pages: Sequence[Page], starts: Cursors, taken: Sequence[int]
    ) -> tuple[_Border, _Border]:
        """Return the borders of the page, in the direction in which it is read."""

        def nearest(page: Page) -> str | None:
            return (page.last or page.first) if request.backward else (page.first or page.last)

        def farthest(half: int) -> str | None:
            page, count = pages[half], taken[half]
            if count == 0 and page.jobs:
                return starts[half]
            if count < len(page.jobs):
                page = self._ask(half, replace(request, cursor=starts[half], limit=count, brief=True))
            reached = page.first if request.backward else page.last
            return starts[half] if reached is None else reached

        near = _Border((nearest(pages[FIRST]), nearest(pages[SECOND])), before=not request.backward)
        return near, _Border((farthest(FIRST), farthest(SECOND)), before=request.backward)


def _in_walk(page: Page, request: PageRequest) -> tuple[Job, ...]:
    return page.jobs[::-1] if request.backward else page.jobs


def _merge(pages: Sequence[Page], request: PageRequest) -> list[int]:
    """Return which half each job of the page comes from, in the direction in which it is read.

    Among equals the first half comes first. A half that cannot be sorted as asked comes behind one that can.
    """
    is_sorted = [page.is_sorted for page in pages]
    order = (SECOND, FIRST) if is_sorted == [False, True] else (FIRST, SECOND)
    order = order[::-1] if request.backward else order
    sort = request.query.sort if all(is_sorted) else None
    walks = [[(half, job) for job in _in_walk(pages[half], request)] for half in order]
    if sort is None:
        merged = [half for walk in walks for half, _ in walk]
    else:
        turned = sort.descending != request.backward
        merged = [half for half, _ in merge(*walks, key=lambda one: order_key(one[1], sort)[:2], reverse=turned)]
    # What follows of a half that was not looked through to its end may come before the rest of the other.
    going_on = [half for half in (order if sort is not None else order[:1]) if pages[half].has_more]
    ends = [len(merged) - merged[::-1].index(half) if half in merged else 0 for half in going_on]
    return merged[: min((request.limit, *ends))]


def _total(totals: Sequence[Measured[int]]) -> Measured[int]:
    found = add_counts(totals)
    if found.value is None or all(one.value is not None for one in totals):
        return found
    return Measured(found.value, Exactness.CAPPED, found.as_of, "a part of the jobs was not counted")


def _looked(pages: Sequence[Page]) -> int | None:
    counts = [page.looked for page in pages if page.looked is not None]
    return sum(counts) if counts else None
