"""Merges several queue systems: their jobs and events in one list, their counts added up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import TypeVar

from queuetui.backends.reading.sort_orders import NEWEST, order_key
from queuetui.model.event import Event, EventPage
from queuetui.model.job import Job
from queuetui.model.measured import absent, add_counts
from queuetui.model.page import Page
from queuetui.model.query import Query, Sort
from queuetui.model.snapshot import Snapshot
from queuetui.model.state import State
from queuetui.model.verdict import Verdict

K = TypeVar("K")


def merge_jobs(lists: Iterable[Iterator[tuple[Job, Verdict]]], query: Query) -> Iterator[tuple[Job, Verdict]]:
    """Merge the jobs of several sorted lists lazily; no list is read further than needed."""
    sort = query.sort or NEWEST
    return merge(*lists, key=lambda one: order_key(one[0], sort), reverse=sort.descending)


def merge_pages(pages: Mapping[K, Page], sort: Sort) -> tuple[list[tuple[K, Job]], bool]:
    """Return the jobs of several pages in one order, and whether more follow.

    The list ends where the first page with more jobs in its store is used up, as those jobs may belong before the rest.
    An empty page does not end the list.
    """
    listed = sorted(
        ((owner, job) for owner, page in pages.items() for job in page.jobs),
        key=lambda one: order_key(one[1], sort),
        reverse=sort.descending,
    )
    lasts = {owner: place for place, (owner, _) in enumerate(listed) if pages[owner].has_more}
    end = min(lasts.values(), default=len(listed) - 1) + 1
    return listed[:end], any(page.has_more for page in pages.values())


def merge_events(pages: Mapping[K, EventPage]) -> tuple[list[tuple[K, Event]], bool]:
    """Return the events of several logs, newest first, as far as all were read, and whether more follow.

    A log whose page is empty does not end the list.
    """
    listed = [(owner, event) for owner, page in pages.items() for event in page.events]
    listed.sort(key=lambda one: one[1].at, reverse=True)
    lasts = {owner: place for place, (owner, _) in enumerate(listed) if pages[owner].has_more}
    end = min(lasts.values(), default=len(listed) - 1) + 1
    return listed[:end], any(page.has_more for page in pages.values())


def order_of(pages: Iterable[Page], query: Query) -> Sort:
    """Return the sort order of the query, else the common order of all pages, else newest first."""
    if query.sort is not None:
        return query.sort
    own = {page.order for page in pages}
    common = next(iter(own)) if len(own) == 1 else ()
    return common[0] if len(common) == 1 else NEWEST


def add_snapshots(snapshots: Sequence[Snapshot]) -> Snapshot:
    """Return one snapshot with the counts of several added up, each over the stores that keep it."""
    kept = [state for state in State if any(state in one.counts for one in snapshots)]
    return Snapshot(
        "",
        max(one.now for one in snapshots),
        {state: add_counts([one.counts[state] for one in snapshots if state in one.counts]) for state in kept},
        add_counts([one.stuck for one in snapshots]),
        add_counts([one.total for one in snapshots]),
        absent("it is told of each system alone"),
    )
