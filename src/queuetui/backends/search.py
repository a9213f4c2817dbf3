"""Reads all jobs that match a filter, page by page.

Where no index answers the filter, it counts the jobs that it has read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from queuetui.model.page import Page, PageRequest

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector
    from queuetui.model.job import Job
    from queuetui.model.limits import Limits
    from queuetui.model.query import Query

PAGE_JOBS = 500
# Each read takes half a second at most; after these a person is asked whether to go on.
MOST_LOOKS = 10


@dataclass(slots=True)
class Search:
    """One search for the jobs that match a filter.

    Where the store cannot answer the filter, it ends after MOST_LOOKS pages unless it is `whole`.
    `cursor` is where it begins and, after it, where another search would continue; `looked` is how many jobs were read for it.
    With `brief` only the jobs of the first page are read with their payloads, as a person is shown no more of them.
    """

    inspector: Inspector
    query: Query
    limits: Limits
    whole: bool = False
    brief: bool = False
    cursor: str | None = None
    looked: int = 0
    found: int = 0
    notes: tuple[str, ...] = ()
    has_more: bool = False
    is_cut_short: bool = False
    tell: Callable[[Search], object] = lambda _: None

    def jobs(self, limit: int) -> Iterator[Job]:
        """Yield the jobs that match, at most `limit`."""
        looks = 0
        while True:
            page = self._read(limit - self.found)
            yield from page.jobs
            looks += page.looked is not None
            if self.found >= limit or not self.has_more:
                return
            if looks >= MOST_LOOKS and not self.whole:
                self.is_cut_short = True
                return
            self.tell(self)

    def _read(self, left: int) -> Page:
        is_brief = self.brief and self.cursor is not None
        request = PageRequest(self.query, min(left, PAGE_JOBS), self.cursor, brief=is_brief)
        page = self.inspector.page(request, self.limits)
        self.found += len(page.jobs)
        self.looked += page.looked or 0
        self.notes, self.has_more = page.notes, page.has_more and page.last is not None
        self.cursor = page.last
        return page
