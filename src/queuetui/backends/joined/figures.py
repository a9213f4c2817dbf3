"""Counts of two halves as of one queue."""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.joined.halves import Halves
from queuetui.model.measured import Measured, absent, add_counts
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.state import State


def join_snapshots(first: Snapshot, second: Snapshot | None, halves: Halves, problems: dict[str, str]) -> Snapshot:
    """Return the figures of both halves; where the second was not read, what only it keeps is absent."""
    if second is None:
        why = problems.get(halves.second_holds, "it was not asked for")
        firsts, seconds = (half.capabilities.keeps for half in halves.both)
        lacking: dict[State, Measured[int]] = {state: absent(why) for state in seconds - firsts}
        return replace(first, counts={**first.counts, **lacking}, problems={**first.problems, **problems})
    return replace(
        first,
        counts={state: _add(first.counts[state], second.counts[state]) for state in State},
        stuck=_add(first.stuck, second.stuck),
        total=_add(first.total, second.total),
        queues=_join_queues(first, second),
        problems={**first.problems, **_name_problems(second, halves), **problems},
    )


def _name_problems(second: Snapshot, halves: Halves) -> dict[str, str]:
    told = dict.fromkeys(second.problems.values())
    return {halves.second_holds: "; ".join(told)} if told else {}


def _add(one: Measured[int], other: Measured[int]) -> Measured[int]:
    return one if one.value is None and other.value is None else add_counts((one, other))


def _join_queues(first: Snapshot, second: Snapshot) -> tuple[QueueInfo, ...]:
    """Return the queues of both halves; a half that does not list a queue has no job of it."""
    read = (first, second)
    mine, others = ({one.name.raw: one for one in half.queues} for half in read)
    names: dict[str, QueueInfo] = {**others, **mine}

    def count(half: int, queue: QueueInfo | None, state: State) -> Measured[int]:
        if queue is not None:
            return queue.counts[state]
        in_all = read[half].counts[state]
        return in_all if in_all.value is None else Measured(0, as_of=read[half].now)

    def join(name: str) -> QueueInfo:
        queues = (mine.get(name), others.get(name))
        counts = {state: _add(*(count(half, one, state) for half, one in enumerate(queues))) for state in State}
        return replace(names[name], counts=counts, stuck=add_counts([one.stuck for one in queues if one is not None]))

    return tuple(map(join, sorted(names)))
