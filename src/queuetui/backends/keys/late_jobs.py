"""Finds the waiting jobs that are due for too long, from the end of each key that is taken first."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.backends.keys.entry_reader import BATCH_ENTRIES, KeysReading
from queuetui.backends.keys.seen import Seen
from queuetui.backends.keys.shelf import Shelf
from queuetui.model.state import WAITING, State

MOST_LATE = 1_000
# A job that was put to the front of its queue may be young; behind so many young ones none is looked for.
_FIRST_LOOK = 20


def find_late(reading: KeysReading, shelves: Sequence[Shelf], *, brief: bool = False) -> tuple[list[Seen], bool]:
    """Return the late jobs of shelves of waiting jobs, `brief` to be counted, and if these are all."""
    waiting = [one for one in shelves if WAITING.intersection(one.states) and State.PROCESSING not in one.states]
    found: list[Seen] = []
    is_whole = True
    for shelf, first in zip(waiting, reading.slices(waiting, 0, _FIRST_LOOK), strict=True):
        entries = first
        rank = 0
        while entries and len(found) < MOST_LATE:
            late = [
                seen
                for seen in reading.load(entries, brief=brief)
                if seen.job.state in WAITING and reading.is_stuck(seen.job)
            ]
            found += late
            rank += len(entries)
            entries = reading.slice(shelf, rank, BATCH_ENTRIES) if late else []
        is_whole = is_whole and not entries
    return found, is_whole
