"""Counts of two halves as of one queue."""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.joined.halves import Halves
from queuetui.model.measured import Measured, absent, add_counts
from queuetui.model.snapshot import QueueInfo, Snapshot, Watch
from queuetui.model.state import State


def join_snapshots(
    first: Snapshot, second: Snapshot | None, halves: Halves, watch: Watch, problems: dict[str, str]
) -> Snapshot:
    """Return the figures of both; where the second half was not read, what only it keeps is absent."""
    if second is None:
        why = problems.get(halves.second_holds, "it was not asked for")
        only = halves.second.capabilities.keeps - halves.first.capabilities.keeps
        lacking: dict[State, Measured[int]] = {state: absent(why) for state in only}
        return replace(first, counts={**first.counts, **lacking}, problems={**first.problems, **problems})
    return replace(
        first,
        counts={state: _add(first.counts[state], second.counts[state]) for state in State},
        stuck=_add(first.stuck, second.stuck),
        total=_add(first.total, second.total),
        queues=_join_queues(first, second, halves),
        problems={**first.problems, **second.problems, **problems},
    )


def _add(one: Measured[int], other: Measured[int]) -> Measured[int]:
    return one if one.value is None and other.value is None else add_counts((one, other))


def _join_queues(first: Snapshot, second: Snapshot, halves: Halves) -> tuple[QueueInfo, ...]:
    mine, others = ({one.name.raw: one for one in half.queues} for half in (first, second))
    return tuple(
        _join_queue(mine.get(name), others.get(name), (first, second), halves) for name in sorted({*mine, *others})
    )


def _join_queue(
    mine: QueueInfo | None, other: QueueInfo | None, read: tuple[Snapshot, Snapshot], halves: Halves
) -> QueueInfo:
    """Return a queue of both; a half that does not know it has no job of it."""

    def count(queue: QueueInfo | None, half: int, state: State) -> Measured[int]:
        if queue is not None:
            return queue.counts.get(state, absent("it is not kept"))
        kept = state in halves.both[half].capabilities.keeps and read[half].counts[state].value is not None
        return Measured(0, as_of=read[half].now) if kept else absent("it is not kept")

    known = mine or other
    assert known is not None, "a name stands in neither half"
    counts = {state: _add(count(mine, 0, state), count(other, 1, state)) for state in State}
    stuck = [one.stuck for one in (mine, other) if one is not None]
    return replace(known, counts=counts, stuck=add_counts(stuck))
