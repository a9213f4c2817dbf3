"""Acting on a capture: each declared verb acts once, and leaves what is stored as the system's own format has it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from queuetui.backends.backend import Backend
from queuetui.model.act import Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.errors import Unsupported
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from tests.backends.captures import FIXTURES, Capture
from tests.captures.conftest import Folder
from tests.captures.expected.declaration import Deed


def _jobs(capture: Capture, word: str, after_s: float) -> list[Job]:
    return _of_word(capture, word, _list(capture, after_s))


def _of_word(capture: Capture, word: str, jobs: Sequence[Job]) -> list[Job]:
    wanted = {job_id for job_id, true in capture.stored.items() if true["state"] == word}
    return [job for job in jobs if job.ref.id in wanted]


def _list(capture: Capture, after_s: float) -> Sequence[Job]:
    return capture.look(after_s).inspector.page(PageRequest(limit=1000), Limits()).jobs


def test_each_verb_acts_once(fresh: Capture, folder: Folder) -> None:
    """A deed is done to a job as it was seen, the second time it is refused, and what is stored is what the format says."""
    done = 0
    changed = set[str]()
    deeds = _deeds(folder, fresh)
    acting, seen = dict[float, Backend](), dict[float, Sequence[Job]]()
    for deed in deeds:
        whole = seen.get(deed.after_s) or _list(fresh, deed.after_s)
        jobs = _fitting(fresh, deed, whole)
        if changed.issuperset(job.ref.id for job in jobs) and changed:
            _reset(fresh, folder)
            changed.clear()
            acting.clear()
            whole = _list(fresh, deed.after_s)
            seen = {deed.after_s: whole}
            jobs = _fitting(fresh, deed, whole)
        unchanged = [job for job in jobs if job.ref.id not in changed]
        if not unchanged:
            # A capture need not hold jobs of every word.
            continue
        if deed.after_s not in acting:
            acting[deed.after_s] = fresh.open(deed.after_s)
        backend = acting[deed.after_s]
        tried = _try(backend, deed.verb, unchanged, folder.expectation.refusal)
        if tried is None:
            continue
        job, first, again = tried
        # What waited for it may be let go.
        freed = {one.ref.id for one in whole if job.ref.id in {each.raw for each in one.waits_for}}
        # What an earlier deed changed is shown a moment later where keys are listed every few seconds.
        touched = {job.ref.id, *freed, *changed}
        before = {one.ref for one in whole if one.ref.id not in touched}
        state = deed.state_of(job)
        assert first.outcome is Outcome.DONE, (deed, first)
        assert first.state_now in {state, State.BLOCKED if deed.or_blocked else state}, (deed, first)
        assert first.before
        assert (again.outcome, bool(again.note)) == (Outcome.SKIPPED, True), deed
        # By a backend that has not done it.
        seen = {deed.after_s: _list(fresh, deed.after_s)}
        after = [one.ref for one in seen[deed.after_s]]
        now = next((one for one in after if one.rev == first.rev_after), job.ref)
        stored = folder.expectation.stored(fresh.url, now.id)
        assert (stored is None) == (state is None)
        if stored is not None:
            assert {name: stored[name] for name in deed.columns} == deed.columns, deed
            assert backend.inspector.get(now.id).ref.rev == first.rev_after
        assert {one for one in after if one.id not in touched | {now.id}} == before, deed
        changed |= {job.ref.id, now.id, *freed}
        done += 1
    assert done or not deeds or not fresh.stored


def _try(backend: Backend, verb: Verb, jobs: Sequence[Job], refusal: str) -> tuple[Job, Result, Result] | None:
    """Act twice on the first job that no rule of its product keeps as it is; one that is kept is so each time."""
    for job in jobs:
        first, again = (backend.operator.apply(Act(verb, "tester"), [Target(job.ref)], Limits())[0] for _ in range(2))
        if not any(words in first.note for words in filter(None, refusal.split("|"))):
            return job, first, again
        assert first.outcome in (Outcome.FAILED, Outcome.SKIPPED)
        assert (again.outcome, again.note) == (first.outcome, first.note)
    return None


def _deeds(folder: Folder, capture: Capture) -> tuple[Deed, ...]:
    """Return what is declared; nothing of it where the capture is only read, with one reason for all verbs.

    So is one without the functions that verbs call, and one of another version than those that stand beside the tests.
    """
    capabilities, deeds = capture.look(1).inspector.capabilities, folder.expectation.deeds
    may_be_read_only = folder.expectation.by_functions or folder.path.parent != FIXTURES
    reasons = {capabilities.why_not(deed.verb) for deed in deeds} if may_be_read_only else set()
    return () if len(reasons) == 1 and not capabilities.applies else deeds


def _fitting(capture: Capture, deed: Deed, jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs that a deed is for."""
    found = [
        job for job in _of_word(capture, deed.word, jobs) if not deed.needs or getattr(job, deed.needs) is not None
    ]
    if deed.by_worker:
        workers = capture.look(deed.after_s).inspector.snapshot(Watch(parts=frozenset({Part.WORKERS}))).workers
        found = [job for job in found if job.worker in [one.id for one in workers]]
    words = list(filter(None, deed.unless.split("|")))
    return [job for job in found if not any(word in remark for word in words for remark in job.remarks)]


def _reset(fresh: Capture, folder: Folder) -> None:
    """Put the capture back, so that the next deed finds the words of the truth."""
    fresh.close()
    folder.store.empty(fresh.url)
    folder.load(fresh.url)


def test_every_verb_that_is_told_of_is_tried(folder: Folder, loaded: Capture) -> None:
    """No verb is declared that these tests do not try."""
    tried = {deed.verb for deed in _deeds(folder, loaded)}
    assert frozenset(loaded.look(1).inspector.capabilities.applies) == tried


def test_a_verb_leaves_states_that_it_is_not_for(loaded: Capture, folder: Folder) -> None:
    """A job in another state than those of a verb is passed over with a reason, and nothing is written."""
    backend = loaded.look(folder.expectation.stuck_after_s)
    jobs = list(backend.inspector.page(PageRequest(limit=1000), Limits()).jobs)
    before = folder.store.dump(loaded.url)
    for verb, fitting in backend.inspector.capabilities.applies.items():
        others = [job for job in jobs if job.state not in fitting]
        results = backend.operator.apply(Act(verb, "tester"), [Target(job.ref) for job in others], Limits())
        assert [(result.outcome, result.state_now) for result in results] == [
            (Outcome.SKIPPED, job.state) for job in others
        ]
        assert all(result.note for result in results)
    assert folder.store.dump(loaded.url) == before


def test_a_run_within_its_time_is_let_be(loaded: Capture) -> None:
    """No verb that ends or frees a run touches one before its time is over."""
    backend = loaded.look(1)
    late = backend.inspector.page(PageRequest(parse_query("is:stuck"), 1000), Limits()).jobs
    found = [*_jobs(loaded, "stuck", 1), *_jobs(loaded, "running", 1)]
    # A capture may have been made when the time of a run was over.
    running = [job for job in found if job not in late]
    for verb in {Verb.RELEASE, Verb.DELETE} & backend.inspector.capabilities.verbs:
        results = backend.operator.apply(Act(verb, "tester"), [Target(job.ref) for job in running], Limits())
        assert {(result.outcome, result.state_now) for result in results} <= {(Outcome.SKIPPED, State.PROCESSING)}
        assert all(result.note for result in results)


def test_verbs_that_are_missing_say_why(loaded: Capture) -> None:
    """Every verb is either there or has its reason, and asking for a missing one is refused with that reason."""
    backend = loaded.look(1)
    # A store may hold no job.
    (ref,) = [job.ref for job in backend.inspector.page(PageRequest(limit=1), Limits()).jobs] or [JobRef("x", "x", "x")]
    target = Target(ref)
    for verb in set(Verb) - backend.inspector.capabilities.verbs:
        with pytest.raises(Unsupported) as refused:
            _ask(backend, Act(verb, "tester"), target)
        assert str(refused.value) == backend.inspector.capabilities.why_not(verb)


def _ask(backend: Backend, act: Act, target: Target) -> object:
    """Ask for an act by the method that its verb belongs to."""
    if act.verb in (Verb.PAUSE, Verb.RESUME):
        return backend.operator.apply_to_queue(act, "default")
    if act.verb is Verb.CLEAN:
        return backend.operator.clean_workers(act, 60)
    return backend.operator.apply(act, [target], Limits())


def test_one_refusal_leaves_the_others_of_its_batch(fresh: Capture, folder: Folder) -> None:
    """Of jobs that are acted on together, one that changed is passed over and the rest are done."""
    backend = fresh.open(1)
    deeds = [one for one in _deeds(folder, fresh) if one.after_s == 1]
    ways = [one for verb in (Verb.DELETE, Verb.CANCEL) for one in deeds if one.verb is verb]
    chosen = next(((deed, some) for deed in ways if (some := _fitting(fresh, deed, _list(fresh, 1)))), None)
    if chosen is None:
        return
    deed, jobs = chosen
    act, states = Act(deed.verb, "tester"), {job.ref.id: deed.state_of(job) for job in jobs}
    backend.operator.apply(act, [Target(jobs[-1].ref)], Limits())
    results = backend.operator.apply(act, [Target(job.ref) for job in jobs], Limits())
    expected = [Outcome.SKIPPED if job is jobs[-1] else Outcome.DONE for job in jobs]
    assert [result.outcome for result in results] == expected
    found = {job.ref.id: job.state for job in _list(fresh, 1)}
    assert {job_id: found.get(job_id) for job_id in states} == states
    assert len(found) == len(fresh.stored) - list(states.values()).count(None)
