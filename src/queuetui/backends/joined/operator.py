"""Acts on jobs of two halves, each where it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.backends.joined.halves import FIRST, SECOND, Halves, mark_rev, read_ref
from queuetui.backends.reading.refusals import GONE, UNSEEN, refuse_verb, why_unfit
from queuetui.model.act import Act, JobRef, Outcome, Result, Target
from queuetui.model.state import State

if TYPE_CHECKING:
    from queuetui.backends.base import Operator
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.limits import Limits


class JoinedOperator:
    """Hands each job to the operator of its half; the first acts on queues and workers."""

    def __init__(self, halves: Halves, first: Operator, second: Operator, capabilities: Capabilities) -> None:
        self._halves = halves
        self._operators = (first, second)
        self._capabilities = capabilities

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Do a verb to each target; raises Unsupported for a verb that neither half has."""
        if act.verb not in self._capabilities.applies:
            raise refuse_verb(self._capabilities, act.verb, "jobs")
        by_half: dict[int | None, list[int]] = defaultdict(list)
        inner = [read_ref(target.ref) for target in targets]
        for place, (half, _) in enumerate(inner):
            by_half[half].append(place)
        results: dict[int, Result] = {}
        for half, places in by_half.items():
            chosen = [replace(targets[place], ref=inner[place][1]) for place in places]
            for place, result in zip(places, self._apply_in(half, act, chosen, limits), strict=True):
                results[place] = self._outwards(half, result, targets[place].ref)
        return tuple(results[place] for place in range(len(targets)))

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue as the first half does."""
        return self._operators[FIRST].apply_to_queue(act, queue)

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Clean workers as the first half does."""
        return self._operators[FIRST].clean_workers(act, silent_s)

    def _apply_in(self, half: int | None, act: Act, targets: Sequence[Target], limits: Limits) -> Sequence[Result]:
        if half is None:
            return [Result(target.ref, Outcome.FAILED, note=UNSEEN) for target in targets]
        if act.verb in self._halves.both[half].capabilities.applies:
            return self._operators[half].apply(act, targets, limits)
        fitting = self._capabilities.applies[act.verb]
        jobs = {job.ref.id: job.state for job in self._halves.both[half].get_many([one.ref.id for one in targets])}
        return [_passed_over(target.ref, act, jobs.get(target.ref.id), fitting) for target in targets]

    def _outwards(self, half: int | None, result: Result, ref: JobRef) -> Result:
        """Return a result as the whole queue tells it; a job in a state of the other half alone is there now."""
        if half is None or result.rev_after is None:
            return replace(result, ref=ref)
        other = SECOND - half
        here, there = (self._halves.both[one].capabilities.keeps for one in (half, other))
        moved_to = other if result.state_now in there - here else half
        return replace(result, ref=ref, rev_after=mark_rev(moved_to, result.rev_after))


def _passed_over(ref: JobRef, act: Act, state: State | None, fitting: frozenset[State]) -> Result:
    if state is None:
        return Result(ref, Outcome.SKIPPED, note=GONE)
    return Result(ref, Outcome.SKIPPED, state, why_unfit(act.verb, state, fitting))
