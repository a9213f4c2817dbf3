"""What an act was confirmed for: the exact jobs, in the states and versions that were seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.job import Job
from queuetui.model.state import FINAL, WAITING, State

APPLIES: dict[Verb, frozenset[State]] = {
    Verb.RETRY: FINAL | {State.RETRYING, State.SCHEDULED},
    Verb.CANCEL: WAITING | {State.PROCESSING, State.BLOCKED},
    Verb.DELETE: frozenset(State),
    Verb.RELEASE: frozenset({State.PROCESSING}),
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """An act to confirm.

    `steps` are done in order, each for its own refs (retry of an orphan is a release); `different` are jobs it cannot apply to, with the
    reason; `jobs` are all that were chosen, as seen; `more` tells that further jobs match and are left for another act.
    """

    verb: Verb
    jobs: tuple[Job, ...]
    steps: tuple[tuple[Verb, tuple[JobRef, ...]], ...]
    different: tuple[tuple[Job, str], ...] = ()
    warnings: tuple[str, ...] = ()
    filter_text: str = ""
    purge: bool = False
    more: bool = False

    @property
    def refs(self) -> tuple[JobRef, ...]:
        """The jobs that the act will be tried on, in order."""
        return tuple(ref for _, refs in self.steps for ref in refs)

    @property
    def queues(self) -> tuple[str, ...]:
        """The true names of the queues touched, sorted."""
        return tuple(sorted({job.queue.raw for job in self.jobs}))


def make_manifest(
    verb: Verb,
    jobs: Iterable[Job],
    capabilities: Capabilities,
    *,
    filter_text: str = "",
    purge: bool = False,
    more: bool = False,
) -> Manifest:
    """Sort the chosen jobs into what will be tried and what is already different."""
    chosen = tuple(jobs)
    steps: dict[Verb, list[JobRef]] = {}
    different: list[tuple[Job, str]] = []
    for job in chosen:
        step = _step_for(verb, job, capabilities)
        if step is None:
            different.append((job, f"is {job.state.value}"))
        else:
            steps.setdefault(step, []).append(job.ref)
    return Manifest(
        verb=verb,
        jobs=chosen,
        steps=tuple((step, tuple(refs)) for step, refs in steps.items()),
        different=tuple(different),
        warnings=tuple(dict.fromkeys(capabilities.warnings[step] for step in steps if step in capabilities.warnings)),
        filter_text=filter_text,
        purge=purge,
        more=more,
    )


def _step_for(verb: Verb, job: Job, capabilities: Capabilities) -> Verb | None:
    if verb is Verb.RETRY and job.state is State.PROCESSING:
        return Verb.RELEASE if Verb.RELEASE in capabilities.verbs else None
    if verb is Verb.DELETE and job.state is State.PROCESSING and capabilities.native:
        return None
    return verb if job.state in APPLIES[verb] else None
