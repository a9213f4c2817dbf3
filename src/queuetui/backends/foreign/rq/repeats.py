"""How many jobs of RQ are to run again, and stand among the finished ones too until then."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from queuetui.backends.foreign.rq.shelves import bare_id, queue_of, shelf_of
from queuetui.backends.keys.shelf import Shelf
from queuetui.backends.keys.survey import Repeated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queuetui.backends.keys.shelf import Ask

# Where a job that repeats waits, runs or fails.
_AGAIN = ("scheduled", "queue", "intermediate", "wip", "failed")
# So many members of each key, and of all, are looked for among the finished ones.
_MOST_EACH, _MOST_IN_ALL = 1_000, 5_000
_WHY = f"those that repeat are as many as among the first {_MOST_EACH:,} jobs of each key"


def count_repeated(prefix: bytes, sizes: Mapping[Shelf, int], ask: Ask) -> dict[Shelf, Repeated]:
    """Return how many members of each registry of finished jobs stand elsewhere too."""
    near = {shelf: shelf_of(prefix, "finished", queue_of(prefix, shelf)) for shelf in sizes if shelf.role in _AGAIN}
    again = {shelf: finished for shelf, finished in near.items() if finished in sizes}
    most = min(_MOST_EACH, max(1, _MOST_IN_ALL // max(1, len(again))))
    replies = ask([shelf.slice(0, most) for shelf in again])
    some = {shelf: found for shelf, reply in zip(again, replies, strict=True) if (found := shelf.entries(reply, 0))}
    answers = ask([("ZMSCORE", again[shelf].key, *map(bare_id, entries)) for shelf, entries in some.items()])
    counts, sampled = Counter[Shelf](), set[Shelf]()
    for (shelf, entries), scores in zip(some.items(), answers, strict=True):
        size, there = max(sizes[shelf], len(entries)), sum(score is not None for score in scores)
        counts[again[shelf]] += round(there * size / len(entries))
        sampled |= {again[shelf]} if size > len(entries) else set()
    return {shelf: Repeated(count, _WHY if shelf in sampled else "") for shelf, count in counts.items() if count}
