"""Jobs of several queues in one list, in the order of the filter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge

from queuetui.backends.reading.sort_orders import order_key
from queuetui.model.job import Job
from queuetui.model.query import Query, Sort
from queuetui.model.verdict import Verdict

NEWEST_FIRST = Sort("created", descending=True)


def merge_jobs(lists: Iterable[Iterator[tuple[Job, Verdict]]], query: Query) -> Iterator[tuple[Job, Verdict]]:
    """Yield the jobs of several sorted lists as one; each list is read no further than it must be."""
    sort = query.sort or NEWEST_FIRST
    return merge(*lists, key=lambda one: order_key(one[0], sort), reverse=sort.descending)
