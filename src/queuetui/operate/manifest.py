"""The targets that an act is confirmed for: the exact jobs, in the states and versions that were seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from queuetui.model.act import KEEP, RETRY_UNTIL, JobRef, Verb
from queuetui.model.capabilities import Liveness
from queuetui.model.state import State
from queuetui.model.stuck import is_orphaned

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.model.capabilities import Capabilities
    from queuetui.model.job import Job

DEADLINE_VERBS = frozenset({Verb.RETRY, Verb.RELEASE})
PAST_DEADLINE = "its retryUntil is past, so a worker that takes it fails it at once"
HOW_TO_RETRY = "say --retry-until 1h (from now) or --retry-until none to let it run"


@dataclass(frozen=True, slots=True)
class Manifest:
    """An act to confirm.

    `steps` are done in order, each for its own refs (retry of an orphan is a release); `different` are jobs it cannot apply to, with the
    reason; `jobs` are all that were chosen, as seen; `more` tells that further jobs match and are left for another act.
    `looked` is how many jobs were looked through where the search for them ended before it came to all, `reached` where it goes on.
    `missing` are the ids asked for that no job has.
    `fits` are the states of jobs that it applies to, a run whose worker is lost left aside. Jobs of the `spared` state were not looked
    for, as the filter does not name it.
    `removes` tells that cancelled jobs leave the store; `args` go with the act; `expired` counts the jobs that are past their deadline.
    """

    verb: Verb
    jobs: tuple[Job, ...]
    steps: tuple[tuple[Verb, tuple[JobRef, ...]], ...]
    different: tuple[tuple[Job, str], ...] = ()
    warnings: tuple[str, ...] = ()
    filter_text: str = ""
    purge: bool = False
    more: bool = False
    looked: int | None = None
    reached: str | None = None
    removes: bool = False
    args: Mapping[str, str] = field(default_factory=dict)
    expired: int = 0
    missing: tuple[str, ...] = ()
    fits: frozenset[State] = frozenset()
    spared: State | None = None

    @property
    def refs(self) -> tuple[JobRef, ...]:
        """The targets of the act, in order."""
        return tuple(ref for _, refs in self.steps for ref in refs)

    @property
    def states(self) -> dict[State, int]:
        """The number of targets in each state, the largest first."""
        going = set(self.refs)
        return dict(Counter(job.state for job in self.jobs if job.ref in going).most_common())

    @property
    def spares(self) -> str:
        """The note on jobs that the filter leaves out because it does not name their state."""
        state = self.spared
        return f"{state.value} jobs are left out; to take them too, name them: state:{state.value}" if state else ""

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
    retry_until: str = "",
    now: datetime | None = None,
) -> Manifest:
    """Sort the chosen jobs into targets and jobs that the act cannot apply to.

    With the store's `now`, runs that a worker still holds are left out; without it the store decides.
    `retry_until` says what becomes of a deadline that is past (see `RETRY_UNTIL`); unsaid, such jobs are left out of an act on several.
    """
    chosen = tuple(jobs)
    expired = sum(1 for job in chosen if job.expired_at is not None) if verb in DEADLINE_VERBS else 0
    steps: dict[Verb, list[JobRef]] = {}
    different: list[tuple[Job, str]] = []
    for job in chosen:
        step = _step_for(verb, job, capabilities, retry_until)
        if step is None:
            different.append((job, f"is {job.state.value}"))
        elif step is Verb.RELEASE and now is not None and _is_held(job, capabilities, now):
            different.append((job, _still_held(capabilities)))
        elif expired and job.expired_at is not None and len(chosen) > 1 and not retry_until:
            different.append((job, f"{PAST_DEADLINE}; {HOW_TO_RETRY}"))
        else:
            steps.setdefault(step, []).append(job.ref)
    warnings = [capabilities.warnings[step] for step in steps if step in capabilities.warnings]
    if expired and steps and (len(chosen) == 1 or retry_until == KEEP) and retry_until in ("", KEEP):
        warnings.append(f"{PAST_DEADLINE}; {HOW_TO_RETRY}")
    return Manifest(
        verb=verb,
        jobs=chosen,
        steps=tuple((step, tuple(refs)) for step, refs in steps.items()),
        different=tuple(different),
        warnings=tuple(dict.fromkeys(warnings)),
        filter_text=filter_text,
        purge=purge,
        more=more,
        removes=verb is Verb.CANCEL and State.CANCELLED not in capabilities.keeps,
        args={RETRY_UNTIL: retry_until} if expired and retry_until else {},
        expired=expired,
        fits=capabilities.applies.get(verb, frozenset()),
    )


def describe_manifest(manifest: Manifest, backend: str) -> dict[str, Any]:
    """Return, for programs, what an act in a queue of that name would do."""
    return {
        "backend": backend,
        "dry_run": True,
        "verb": manifest.verb.value,
        "would": [ref.id for ref in manifest.refs],
        "would_by_state": {state.value: count for state, count in manifest.states.items()},
        "left": [{"id": job.ref.id, "state_now": job.state.value, "note": why} for job, why in manifest.different],
        "not_found": list(manifest.missing),
        **describe_bounds(manifest),
    }


def describe_bounds(manifest: Manifest) -> dict[str, Any]:
    """Return, for programs, the jobs that an act leaves out although the filter may match them."""
    return {
        "spared": manifest.spared.value if manifest.spared else None,
        "more": manifest.more,
        "looked_through": manifest.looked,
    }


def _step_for(verb: Verb, job: Job, capabilities: Capabilities, retry_until: str) -> Verb | None:
    if verb is Verb.RETRY and job.state is State.PENDING and _will_fail(job, capabilities, retry_until):
        return verb
    if verb is Verb.RETRY and job.state is State.PROCESSING:
        verb = Verb.RELEASE
    return verb if capabilities.fits(verb, job.state) else None


def _is_held(job: Job, capabilities: Capabilities, now: datetime) -> bool:
    """Tell whether a worker still holds a run, in a store that knows until when and releases none before."""
    is_told = capabilities.liveness in {Liveness.LEASE, Liveness.DEADLINE} and not capabilities.frees_held
    return is_told and job.lease_until is not None and not is_orphaned(job, now)


def _still_held(capabilities: Capabilities) -> str:
    can_be_asked = capabilities.fits(Verb.CANCEL, State.PROCESSING)
    return f"its worker still holds it{'; cancel it instead' if can_be_asked else ''}"


def _will_fail(job: Job, capabilities: Capabilities, retry_until: str) -> bool:
    """Tell whether a worker of another product would fail the job at once after a retry."""
    is_put_off = job.expired_at is not None and retry_until not in ("", KEEP)
    return is_put_off or (job.is_used_up and not capabilities.native)
