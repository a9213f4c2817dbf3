"""What a user with no more than its rights must be able to do, and what must be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from queuetui.backends.backend import Backend
from queuetui.model.act import Act, Outcome, Result, Target, Verb
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from tests.captures.reads import read_everything

PAGES = Path(__file__).parents[3] / "docs" / "systems"
LOOKER, MENDER = "looker", "mender"


def hold_refused(backend: Backend, dump: Callable[[], object], words: str = "refused the right") -> None:
    """Hold that all can be read, and that each verb is refused by the store, told as such in our words, and changes nothing."""
    before = dump()
    read_everything(backend)
    results = [result for verb in _try_all(backend) for result in verb]
    assert dump() == before
    told = [result for result in results if result.outcome is not Outcome.SKIPPED]
    assert told
    for result in told:
        assert result.outcome is Outcome.FAILED, result
        assert words in result.note, result


def hold_allowed(backend: Backend) -> None:
    """Hold that each verb is done to a job at least once, and that none is refused."""
    verbs = len(backend.inspector.capabilities.applies)
    done = [{result.outcome for result in results} for results in _try_all(backend)]
    assert len(done) == verbs
    assert all(Outcome.DONE in outcomes for outcomes in done), done
    assert all(outcomes <= {Outcome.DONE, Outcome.SKIPPED} for outcomes in done), done


def hold_pausing(backend: Backend, queue: str) -> None:
    """Hold that a queue is paused and resumed once each, and is told of so."""
    for verb in (Verb.PAUSE, Verb.RESUME):
        outcomes = [backend.operator.apply_to_queue(Act(verb, "tester"), queue).outcome for _ in range(2)]
        assert outcomes == [Outcome.DONE, Outcome.SKIPPED]
        paused = {one.name.raw for one in backend.inspector.snapshot(Watch()).queues if one.is_paused}
        assert (queue in paused) == (verb is Verb.PAUSE)


def _try_all(backend: Backend) -> Iterator[tuple[Result, ...]]:
    """Yield what each verb does to the jobs that it fits: first the one that only a stuck run fits, last the one that deletes.

    One job of each state is left to the verbs behind.
    """
    applies = backend.inspector.capabilities.applies
    for verb in sorted(applies, key=lambda one: (one is not Verb.RELEASE, one is Verb.DELETE, one.value)):
        alike = [[Target(job.ref) for job in _jobs(backend) if job.state is state] for state in applies[verb]]
        targets = [target for each in alike for target in (each if verb is Verb.DELETE else each[1:] or each)]
        yield backend.operator.apply(Act(verb, "tester"), targets, Limits())


def _jobs(backend: Backend) -> tuple[Job, ...]:
    return tuple(backend.inspector.page(PageRequest(limit=1_000), Limits()).jobs)
