"""What an act does, records and reports."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from queuetui.model.act import JobRef, Outcome, Result, Verb
from queuetui.model.errors import Conflict, Denied, QueueTuiError, UnknownOutcome, Unreachable
from queuetui.model.job import Ending
from queuetui.model.state import State
from queuetui.operate.operations import BATCH
from queuetui.operate.report import Report
from tests.operate.desks import Office

GONE = Unreachable("the store at db:5432 went away; try again")


def test_an_act_reports_job_by_job(office: Office) -> None:
    """What moved since it was seen is skipped with its state now, the rest is done, what never applied is left out."""
    first, moved, gone = office.ended("a"), office.ended("b"), office.ended("c")
    office.operations.perform(office.operations.prepare(Verb.RETRY, [moved]))
    office.operations.perform(office.operations.prepare(Verb.DELETE, [gone]))
    manifest = office.operations.prepare(Verb.RETRY, [first, moved, gone, office.pending("d")])
    report = office.operations.perform(manifest, "the mail server is back")
    assert [(result.ref.id, result.outcome) for result in report.results] == [
        ("a", Outcome.DONE),
        ("b", Outcome.SKIPPED),
        ("c", Outcome.SKIPPED),
    ]
    assert (report.done, report.skipped, report.failed, report.unknown, report.complete) == (1, 3, 0, 0, False)
    assert office.states() == {"a": "pending", "b": "pending", "d": "pending"}
    assert report.lines() == [
        "1 retried, 3 skipped, 0 failed",
        "1 x is pending: d",
        "1 x it changed since it was seen: b",
        "1 x it is no longer there: c",
    ]


def test_the_intent_is_recorded_before_and_the_outcome_after(office: Office) -> None:
    """The journal holds who, what, why and which versions before the store is touched, and each job as it was after."""
    seen: list[list[str]] = []
    apply = office.backend.operator.apply

    def watch(*arguments: object) -> object:
        seen.append([entry["entry"] for entry in office.entries()])
        return apply(*arguments)  # type: ignore[arg-type]  # handed on as they came

    office.backend.operator.apply = watch  # type: ignore[method-assign,assignment]  # looks at the journal in the middle
    job = office.ended("a")
    report = office.operations.perform(office.operations.prepare(Verb.RETRY, [job]), "because")
    assert seen == [["intent"]]
    intent, outcome = office.entries()
    assert (intent["verb"], intent["actor"], intent["reason"]) == ("retry", "ann@web-1", "because")
    assert intent["targets"] == [["a", job.ref.rev]]
    assert intent["args"] == {"of": report.act_id}
    assert outcome["act"] == intent["act"]
    assert outcome["results"][0]["outcome"] == "done"
    assert '"failed"' in outcome["results"][0]["before"]
    assert stat.S_IMODE(office.journal_file.stat().st_mode) == 0o600


def test_what_cannot_be_recorded_is_not_done(office: Office) -> None:
    """With a journal that cannot be written, no act of any kind happens."""
    job = office.ended("a")
    office.journal_file.mkdir(parents=True)
    manifest = office.operations.prepare(Verb.RETRY, [job])
    with pytest.raises(Denied, match=r"cannot be recorded .* so it is not done"):
        office.operations.perform(manifest)
    with pytest.raises(Denied):
        office.operations.set_paused("mail", paused=True)
    with pytest.raises(Denied):
        office.operations.clean_workers(0)
    assert office.states() == {"a": "failed"}
    assert not office.backend.store.is_paused("mail")
    assert office.backend.store.workers


def test_an_outcome_that_cannot_be_recorded_is_said(office: Office) -> None:
    """When the record breaks in the middle of an act, what was done is reported as done, with a remark."""
    job = office.ended("a")
    apply = office.backend.operator.apply

    def break_journal(*arguments: object) -> object:
        office.journal_file.unlink()
        office.journal_file.mkdir()
        return apply(*arguments)  # type: ignore[arg-type]  # handed on as they came

    office.backend.operator.apply = break_journal  # type: ignore[method-assign,assignment]  # the disk fails in the middle
    report = office.operations.perform(office.operations.prepare(Verb.RETRY, [job]))
    assert report.complete
    assert "the outcome could not be recorded" in report.lines()[-1]
    assert office.states() == {"a": "pending"}


@pytest.mark.parametrize("failure", [GONE, UnknownOutcome("the answer was lost")])
def test_a_store_that_goes_away_leaves_the_batch_unknown(office: Office, failure: QueueTuiError) -> None:
    """The batch under way is unknown, the batches after it are not tried, and those before it stay done."""
    jobs = [office.pending(f"{number:04}") for number in range(3 * BATCH)]
    office.backend.operator.failure, office.backend.operator.batches_before_failure = failure, 1
    report = office.operations.perform(office.operations.prepare(Verb.CANCEL, jobs))
    assert (report.done, report.unknown, report.skipped) == (BATCH, BATCH, BATCH)
    assert report.lines()[0] == f"{BATCH} cancelled, {BATCH} skipped, 0 failed, {BATCH} unknown"
    assert any(f"not tried: {failure}: 0200, " in line for line in report.lines())
    assert [entry["entry"] for entry in office.entries()] == ["intent", "outcome", "intent", "broken"]
    assert not report.complete


def test_an_act_that_is_interrupted_tells_how_far_it_came(office: Office) -> None:
    """Ctrl-C leaves the batch under way unknown and recorded as broken off, and the report tells what was done before it."""
    jobs = [office.pending(f"{number:04}") for number in range(3 * BATCH)]
    office.backend.operator.failure = KeyboardInterrupt()  # type: ignore[assignment]  # what is tested
    office.backend.operator.batches_before_failure = 1
    report = office.operations.perform(office.operations.prepare(Verb.CANCEL, jobs))
    assert (report.done, report.unknown, report.skipped, report.is_interrupted) == (BATCH, BATCH, BATCH, True)
    assert any("not tried: the act was stopped by Ctrl-C: 0200, " in line for line in report.lines())
    assert [entry["entry"] for entry in office.entries()] == ["intent", "outcome", "intent", "broken"]


def test_an_act_whose_answer_was_lost_is_asked_again(office: Office) -> None:
    """The batch is sent again under its own id: every job is changed once, and what the store did is known after all."""
    jobs = [office.pending(f"{number:04}") for number in range(BATCH + 1)]
    office.backend.operator.answers_to_lose = 1
    report = office.operations.perform(office.operations.prepare(Verb.CANCEL, jobs))
    assert (report.done, report.unknown, report.complete) == (BATCH + 1, 0, True)
    first, again, next_batch = office.backend.operator.acts
    assert first.id == again.id != next_batch.id
    assert [entry["entry"] for entry in office.entries()] == ["intent", "outcome"] * 2
    assert {office.backend.inspector.get(job.ref.id).ref.rev for job in jobs} == {"2"}


def test_a_refusal_of_the_store_is_a_failure(office: Office) -> None:
    """Any other error of the store counts as failed, with its words, and the act goes on to the next batch."""
    jobs = [office.pending(f"{number:04}") for number in range(BATCH + 1)]
    office.backend.operator.failure = Conflict("two things at once")
    report = office.operations.perform(office.operations.prepare(Verb.CANCEL, jobs))
    assert report.failed == BATCH + 1
    assert f"{BATCH + 1} x two things at once: 0000, 0001, 0002, 0003, 0004 and 96 more" in report.lines()


def test_jobs_seen_a_while_ago_are_compared_when_they_are_asked_about(office: Office) -> None:
    """What moved is shown as it is now, and what is gone is left out, named, and needs no mark any more."""
    first, moved, gone = office.ended("a"), office.ended("b"), office.ended("c")
    office.operations.perform(office.operations.prepare(Verb.RETRY, [moved]))
    office.operations.perform(office.operations.prepare(Verb.DELETE, [gone]))
    manifest = office.operations.prepare_seen(Verb.RETRY, [first, moved, gone])
    assert [ref.id for ref in manifest.refs] == ["a"]
    report = office.operations.perform(manifest)
    assert report.lines() == ["1 retried, 2 skipped, 0 failed", "1 x is pending: b", "1 x it is no longer there: c"]
    assert report.settled == {"a", "c"}


def test_an_orphan_is_retried_by_a_release(office: Office) -> None:
    """Retry of a job whose lease is over gives it back; of one whose worker lives, it is skipped and says why."""
    orphan, held = office.processing("a", lease_s=1), office.processing("b", lease_s=999)
    office.pass_time(5)
    report = office.operations.perform(office.operations.prepare(Verb.RETRY, [orphan, held]))
    assert office.states() == {"a": "pending", "b": "processing"}
    assert "1 x its worker still holds it; cancel it instead: b" in report.lines()


def test_a_queue_is_paused_and_resumed_on_record(office: Office) -> None:
    """Pausing is recorded under the queue's name, and pausing twice is skipped."""
    office.pending("a")
    assert office.operations.set_paused("mail", paused=True).complete
    again = office.operations.set_paused("mail", paused=True)
    assert again.lines() == ["0 paused, 1 skipped, 0 failed", "1 x it is paused already: mail"]
    assert office.operations.set_paused("mail", paused=False).complete
    intents = [(entry["verb"], entry["subject"]) for entry in office.entries() if entry["entry"] == "intent"]
    assert intents == [("pause", "mail"), ("pause", "mail"), ("resume", "mail")]


def test_only_silent_workers_are_cleaned(office: Office) -> None:
    """Registrations go only after more silence than was asked for, and the number is on record."""
    office.pass_time(60)
    assert office.operations.clean_workers(61) == 0
    assert office.operations.clean_workers(59) == 1
    assert office.entries()[-1]["detail"] == "1 deleted"


def test_the_journal_turns_over(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal that has grown large is kept beside a new one."""
    monkeypatch.setattr("queuetui.operate.journal.ROTATE_BYTES", 10)
    office.operations.set_paused("mail", paused=True)
    assert len(office.entries()) == 1
    kept = office.journal_file.with_suffix(".jsonl.1")
    assert '"intent"' in kept.read_text(encoding="utf-8")


def test_a_journal_is_appended_to_by_several(office: Office, tmp_path: Path) -> None:
    """A second console's entries join the first one's in the same file."""
    other = Office(tmp_path)
    office.operations.set_paused("mail", paused=True)
    other.operations.set_paused("mail", paused=True)
    assert [entry["entry"] for entry in office.entries()] == ["intent", "outcome"] * 2


def test_a_job_that_never_applied_is_named_by_its_state(office: Office) -> None:
    """What was already different is skipped with the state it was seen in."""
    completed = office.ended("a", Ending.COMPLETED)
    report = office.operations.perform(office.operations.prepare(Verb.CANCEL, [completed]))
    assert report.lines() == ["0 cancelled, 1 skipped, 0 failed", "1 x is completed: a"]
    assert not report.complete


def test_a_cancelled_job_that_no_store_keeps_is_told_as_removed() -> None:
    """What has no state after a cancel is gone; what has one is cancelled, or asked to be."""
    gone = Result(JobRef("b", "1", "1"), Outcome.DONE)
    kept = Result(JobRef("b", "2", "1"), Outcome.DONE, State.CANCELLED)
    assert Report(Verb.CANCEL, "act", (gone, gone)).lines() == ["2 removed, 0 skipped, 0 failed"]
    assert Report(Verb.CANCEL, "act", (gone, kept)).lines() == ["1 removed, 1 cancelled, 0 skipped, 0 failed"]
    assert Report(Verb.DELETE, "act", (gone,)).lines() == ["1 deleted, 0 skipped, 0 failed"]
