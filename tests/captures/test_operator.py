"""Acting on a capture: each declared verb acts once, and leaves the row as the system's own format has it."""

from __future__ import annotations

import json

from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import NotFound
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture, query
from tests.captures.conftest import Folder


def _jobs(capture: Capture, word: str, after_s: float) -> list[Job]:
    listed = capture.open(after_s).inspector.page(PageRequest(limit=1000), Limits()).jobs
    wanted = {job_id for job_id, true in capture.stored.items() if true["state"] == word}
    return [job for job in listed if job.ref.id in wanted]


def test_each_verb_acts_once(fresh: Capture, folder: Folder) -> None:
    """A deed is done to a job as it was seen, the second time it is refused as changed, and the row is what the format says."""
    for deed in folder.expectation.deeds:
        backend = fresh.open(deed.after_s)
        job = _jobs(fresh, deed.word, deed.after_s)[0]
        first, again = (
            backend.operator.apply(Act(deed.verb, "tester"), [Target(job.ref)], Limits())[0] for _ in range(2)
        )
        assert (first.outcome, first.state_now) == (Outcome.DONE, deed.state), (deed, first)
        assert job.ref.id in (first.before or "")
        assert again.outcome is Outcome.SKIPPED, deed
        assert "changed" in again.note or "gone" in again.note
        rows = query(fresh.url, folder.expectation.row.format(id=job.ref.id))
        assert len(rows) == (0 if deed.state is None else 1)
        for row in rows:
            found = json.loads(row[0])
            assert {name: found[name] for name in deed.columns} == deed.columns, deed
            assert backend.inspector.get(job.ref.id).ref.rev == first.rev_after
        _reset(fresh, folder)


def _reset(fresh: Capture, folder: Folder) -> None:
    """Put the capture's rows back, so that the next deed finds the words of the truth."""
    fresh.close()
    query(fresh.url, "drop schema pgboss cascade")
    folder.load(fresh.url)


def test_every_verb_that_is_told_of_is_tried(folder: Folder, loaded: Capture) -> None:
    """No verb is declared that these tests do not try."""
    tried = {deed.verb for deed in folder.expectation.deeds}
    assert frozenset(loaded.open().inspector.capabilities.applies) == tried


def test_a_run_within_its_time_is_let_be(fresh: Capture) -> None:
    """Neither release nor delete touches a processing job before its time is over, nor a job of another state."""
    backend = fresh.open(1)
    jobs = [*_jobs(fresh, "stuck", 1), *_jobs(fresh, "completed", 1)]
    results = backend.operator.apply(Act(Verb.RELEASE, "tester"), [Target(job.ref) for job in jobs], Limits())
    assert [(result.outcome, result.state_now) for result in results] == [(Outcome.SKIPPED, job.state) for job in jobs]
    assert all(result.note for result in results)
    (result,) = backend.operator.apply(Act(Verb.DELETE, "tester"), [Target(jobs[0].ref)], Limits())
    assert result.outcome is Outcome.SKIPPED


def test_one_refusal_leaves_the_others_of_its_bite(fresh: Capture) -> None:
    """Of jobs that are acted on together, one that changed is passed over and the rest are done."""
    backend = fresh.open(1)
    jobs = _jobs(fresh, "waiting", 1)
    delete = Act(Verb.DELETE, "tester")
    backend.operator.apply(delete, [Target(jobs[1].ref)], Limits())
    results = backend.operator.apply(delete, [Target(job.ref) for job in jobs], Limits())
    expected = [Outcome.SKIPPED if job is jobs[1] else Outcome.DONE for job in jobs]
    assert [result.outcome for result in results] == expected
    left = backend.inspector.snapshot(Watch()).total.value
    assert left == len(fresh.stored) - len(jobs)
    for job in jobs:
        try:
            backend.inspector.get(job.ref.id)
        except NotFound:
            continue
        raise AssertionError(job.ref.id)
