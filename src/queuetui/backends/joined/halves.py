"""The two halves of a product that lives in two stores, and in which of them a job was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from queuetui.backends.reading.seen_jobs import SeenJobs
from queuetui.model.act import JobRef

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.job import Job
    from queuetui.model.state import State

FIRST, SECOND = 0, 1
_MARKS = ("1.", "2.")


@dataclass(frozen=True)
class Halves:
    """Two halves, between which jobs travel from the first to the second.

    In which half a job was seen stands in its revision, and is remembered by its id.
    """

    both: tuple[Inspector, Inspector]
    # What the second keeps, in words: "failed jobs".
    second_holds: str
    _seen: SeenJobs = field(default_factory=SeenJobs)

    def mark(self, half: int, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Return jobs of a half with it in their revisions."""
        marked = tuple(replace(job, ref=mark_ref(half, job.ref)) for job in jobs)
        self._seen.add(marked)
        return marked

    def order_for(self, job_id: str) -> tuple[int, ...]:
        """Return the halves in which an id is looked for, that where it was seen first.

        The second is looked at before and after the first, as a job may reach it in between.
        """
        seen = [read_ref(ref)[0] for ref in self._seen.find([job_id]).values()]
        return (FIRST, SECOND) if seen == [FIRST] else (SECOND, FIRST, SECOND)


def mark_ref(half: int, ref: JobRef) -> JobRef:
    """Return a reference with its half in its revision."""
    return replace(ref, rev=mark_rev(half, ref.rev))


def mark_rev(half: int, rev: str) -> str:
    """Return a revision with its half."""
    return _MARKS[half] + rev


def read_ref(ref: JobRef) -> tuple[int | None, JobRef]:
    """Return the half of a reference, None where it was not made here, and the reference as known there."""
    for half, mark in enumerate(_MARKS):
        if ref.rev.startswith(mark):
            return half, replace(ref, rev=ref.rev.removeprefix(mark))
    return None, ref


def join_capabilities(first: Capabilities, second: Capabilities) -> Capabilities:
    """Return what can be done to jobs of either half; all that is not about jobs is the first one's."""
    verbs = {**first.applies, **second.applies}
    nothing: frozenset[State] = frozenset()
    return replace(
        first,
        applies={verb: first.applies.get(verb, nothing) | second.applies.get(verb, nothing) for verb in verbs},
        keeps=first.keeps | second.keeps,
        reasons={**second.reasons, **first.reasons},
        warnings={**second.warnings, **first.warnings},
        missing={state: why for state, why in first.missing.items() if state not in second.keeps},
        attempts=first.attempts or second.attempts,
        schedules=first.schedules or second.schedules,
    )
