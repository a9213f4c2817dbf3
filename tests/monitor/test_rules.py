"""What each rule says: a table of cases a rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.act import Verb
from queuetui.model.job import UNKNOWN_STATE, Job, JobError
from queuetui.model.state import WAITING, State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import Facts
from tests.monitor.pictures import FOREIGN, ago, facts, job, queue, running, worker

LISTENED = facts(worker("mail"))
RELEASING = replace(FOREIGN, applies={Verb.RELEASE: frozenset({State.PROCESSING})})
ID = "01234567-89ab-7def-8123-456789abcdef"
TIMEOUT = JobError(Untrusted("TimeoutError"), Untrusted("too late"), Untrusted(""))
ANY_WORKER = "start a worker with the module that declares its jobs: queuetui worker --app MODULE"
UNDATED = replace(running(301, lease_s=None), started_at=None, claimed_at=None, updated_at=None)
POISON = JobError(Untrusted("PoisonPill"), Untrusted("lost"), Untrusted(""))


@pytest.mark.parametrize(
    ("subject", "told", "code", "words"),
    [
        (job(scheduled_at=ago(-240), state=State.SCHEDULED), LISTENED, Code.NOT_DUE, "due in 4 m"),
        (job(state=State.SCHEDULED), LISTENED, Code.NOT_DUE, "at an unknown time"),
        (
            job(scheduled_at=ago(-8), state=State.RETRYING, attempts=1),
            LISTENED,
            Code.WILL_RETRY,
            "in <10 s: attempt 2 of 3",
        ),
        (job(state=State.RETRYING, attempts=1, max_attempts=None), LISTENED, Code.WILL_RETRY, "attempt 2"),
    ],
)
def test_a_job_that_is_not_due_says_when(subject: Job, told: Facts, code: Code, words: str) -> None:
    """A scheduled or retrying job tells when it is due and which attempt comes."""
    verdict = explain(subject, told)
    assert (verdict.code, verdict.stuck) == (code, False)
    assert words in verdict.summary
    assert f"queuetui retry --id {ID}" in verdict.next


@pytest.mark.parametrize(
    ("due_s", "told", "code", "words"),
    [
        (9999, facts(queue(paused_s=60)), Code.QUEUE_PAUSED, "queue mail was paused 1 m ago by ann@web-1"),
        (9999, facts(queue(paused_s=60), worker("mail")), Code.QUEUE_PAUSED, "paused"),
        (301, facts(), Code.NO_CONSUMER, "nobody listens to mail: due 5 m, 0 workers"),
        (301, facts(worker("other")), Code.NO_CONSUMER, "1 worker registered, no live one for it"),
        (301, facts(worker("mail", silent_s=31)), Code.NO_CONSUMER, "nobody listens to mail"),
        (299, facts(), Code.WAITING, "no live worker listens to mail yet"),
        (301, facts(worker()), Code.WAITING, "1 worker listens"),
        (301, LISTENED, Code.WAITING, "due 5 m; 1 worker listens"),
        (10, facts(worker("mail", busy=2)), Code.ALL_SLOTS_BUSY, "all 2 slots of 1 worker on mail are busy"),
        (10, facts(worker("mail", busy=2), worker("mail", worker_id="w2")), Code.WAITING, "2 workers listen"),
        (10, facts(worker("mail", busy=5), worker("mail", worker_id="w2")), Code.WAITING, "2 workers listen"),
        (10, replace(LISTENED, held_until=ago(-20)), Code.CLAIMS_HELD, "nothing is claimed for another 20 s"),
        (301, replace(facts(), held_until=ago(-20)), Code.NO_CONSUMER, "nobody listens to mail"),
        (10, replace(LISTENED, held_until=ago(1)), Code.WAITING, "1 worker listens"),
        (10, facts(capabilities=FOREIGN), Code.WAITING, "does not record which workers listen to mail"),
        (301, facts(capabilities=FOREIGN), Code.WAITING, "does not record"),
    ],
)
def test_a_due_job_says_why_it_waits(due_s: float, told: Facts, code: Code, words: str) -> None:
    """A due job tells what it waits for, put off or not; only a queue that nobody listens to for too long makes it stuck."""
    for state in WAITING:
        verdict = explain(job(state, scheduled_at=ago(due_s)), told)
        assert (verdict.code, verdict.stuck) == (code, code is Code.NO_CONSUMER), state
        assert words in verdict.summary


def test_slots_that_one_worker_does_not_tell_are_not_counted() -> None:
    """A busy worker that tells its slots does not make all slots busy, and the evidence has no zero that nobody counted."""
    untold = replace(worker("mail", worker_id="w2"), slots=None, busy=None)
    for workers in ((untold,), (untold, worker("mail", busy=2))):
        verdict = explain(job(scheduled_at=ago(10)), facts(*workers))
        assert (verdict.code, verdict.evidence["slots"], verdict.evidence["busy"]) == (Code.WAITING, None, None)


def test_a_wait_without_a_due_time_is_told_from_when_the_job_was_made() -> None:
    """A store that does not keep since when a job is due says how long it is there, and a long wait is a warning all the same."""
    told = facts(capabilities=FOREIGN)
    verdict = explain(job(scheduled_at=None, created_at=ago(599)), told)
    assert (verdict.severity, verdict.summary.partition(";")[0]) == (Severity.WARNING, "pending for 9 m")
    unknown = explain(job(scheduled_at=None, created_at=None), told)
    assert unknown.summary.partition(";")[0] == "pending"


def test_a_lost_job_whose_worker_is_not_stored_says_so() -> None:
    """There is no worker called unknown."""
    verdict = explain(replace(running(722, lease_s=-62), worker=None), LISTENED)
    assert verdict.code is Code.ORPHANED
    assert verdict.summary.startswith("which worker held it is not stored")


def test_a_store_that_keeps_no_workers_is_suspicious_of_long_waits() -> None:
    """Where workers are not stored a long wait is a warning, and a short one is none."""
    told = facts(capabilities=FOREIGN)
    assert explain(job(scheduled_at=ago(301)), told).severity is Severity.WARNING
    assert explain(job(scheduled_at=ago(299)), told).severity is Severity.OK


def test_a_queue_without_a_consumer_says_which_worker_to_start() -> None:
    """The next step is a command that can be pasted, whatever the queue is called."""
    verdict = explain(job(queue="a b;$(c)", scheduled_at=ago(400)), facts(queue("a b;$(c)")))
    assert (
        verdict.next
        == "start a worker with the module that declares its jobs: queuetui worker --app MODULE -q 'a b;$(c)'"
    )
    assert verdict.evidence["due_s"] == 400
    assert verdict.evidence["limit_s"] == 300


@pytest.mark.parametrize(
    ("subject", "told", "code", "words"),
    [
        (running(10), LISTENED, Code.HEALTHY, "running 10 s"),
        (replace(running(10), started_at=None, claimed_at=ago(20)), LISTENED, Code.HEALTHY, "running 20 s"),
        (replace(running(90), cancel_requested_at=ago(7)), LISTENED, Code.CANCEL_REQUESTED, "asked for <10 s ago"),
        (running(301), LISTENED, Code.HUNG, "running 5 m, limit 5 m; worker web-1 pid 4411 still beats"),
        (running(301), facts(), Code.HUNG, "worker w1 still beats"),
        (running(301, queue=Untrusted("slow")), LISTENED, Code.HEALTHY, "running"),
        (running(3601, queue=Untrusted("slow")), LISTENED, Code.HUNG, "limit 1 h"),
        (running(3601, type=Untrusted("Long")), LISTENED, Code.HEALTHY, "running"),
        (running(10, lease_s=-27), facts(worker("mail", silent_s=360)), Code.ORPHANED, "web-1 pid 4411 silent 6 m"),
        (running(10, lease_s=-27), facts(), Code.ORPHANED, "w1 is no longer registered, its lease ended 20 s ago"),
        (running(10, lease_s=-27), facts(capabilities=RELEASING), Code.ORPHANED, "w1 took it, its time ended 20 s ago"),
        (running(10, lease_s=None), LISTENED, Code.ORPHANED, "its lease is gone"),
        (running(9999, lease_s=-1), LISTENED, Code.ORPHANED, "no worker has swept it"),
        (running(301, lease_s=None), facts(capabilities=FOREIGN), Code.OVER_LIMIT, "keeps no liveness"),
        (running(10, lease_s=None), facts(capabilities=FOREIGN), Code.HEALTHY, "running 10 s"),
        (replace(UNDATED, updated_at=ago(301)), facts(capabilities=FOREIGN), Code.OVER_LIMIT, "taken 5 m ago"),
        (UNDATED, facts(capabilities=FOREIGN), Code.HEALTHY, "since when is not stored"),
    ],
)
def test_a_processing_job_says_how_it_stands(subject: Job, told: Facts, code: Code, words: str) -> None:
    """A run is healthy, asked to end, hung, orphaned, or over its limit where the store keeps no liveness."""
    verdict = explain(subject, told)
    assert verdict.code is code
    assert verdict.stuck is (code in {Code.HUNG, Code.ORPHANED, Code.OVER_LIMIT})
    assert words in verdict.summary


@pytest.mark.parametrize(
    ("subject", "told", "step"),
    [
        (running(301), LISTENED, f"queuetui cancel --id {ID}"),
        (running(10, lease_s=-1), LISTENED, f"queuetui release --id {ID}, or {ANY_WORKER} -q mail"),
        (running(10, lease_s=-1), facts(capabilities=RELEASING), f"queuetui release --id {ID} --operate"),
        (
            running(301, lease_s=None),
            facts(capabilities=RELEASING),
            f"check its worker, then: queuetui release --id {ID} --operate",
        ),
        (running(301, lease_s=None), facts(capabilities=FOREIGN), "check its worker"),
    ],
)
def test_a_stuck_run_names_the_act_that_mends_it(subject: Job, told: Facts, step: str) -> None:
    """Every stuck run names a command that acts on it, if its system has one."""
    assert explain(subject, told).next == step


@pytest.mark.parametrize(
    ("subject", "code", "severity", "words"),
    [
        (job(State.COMPLETED, completed_at=ago(60)), Code.FINISHED, Severity.OK, "completed 1 m ago"),
        (job(State.CANCELLED), Code.FINISHED, Severity.OK, "cancelled"),
        (
            job(State.FAILED, completed_at=ago(3), attempts=3, error=TIMEOUT),
            Code.DEAD_LETTER,
            Severity.WARNING,
            "gave up <10 s ago after 3 attempts with TimeoutError",
        ),
        (job(State.FAILED), Code.DEAD_LETTER, Severity.WARNING, "gave up"),
        (
            job(State.FAILED, lost=3, error=POISON, completed_at=ago(3)),
            Code.POISON_PILL,
            Severity.CRITICAL,
            "quarantined <10 s ago: its worker was lost 3 times while running it",
        ),
    ],
)
def test_an_ended_job_says_how_it_ended(subject: Job, code: Code, severity: Severity, words: str) -> None:
    """A finished job is fine, a dead letter needs a person, a poison pill more so."""
    verdict = explain(subject, LISTENED)
    assert (verdict.code, verdict.severity, verdict.stuck) == (code, severity, False)
    assert verdict.summary == words


@pytest.mark.parametrize(("error", "place"), [(TIMEOUT, "read the error"), (None, "in its worker's log")])
def test_a_dead_letter_says_where_its_error_is(error: JobError | None, place: str) -> None:
    """Where the store keeps no error, the next step names the log of the worker."""
    assert place in explain(job(State.FAILED, error=error), LISTENED).next


@pytest.mark.parametrize(
    "subject",
    [
        job(State.FAILED, error=TIMEOUT),
        job(State.FAILED, lost=3, error=POISON),
        job(State.RETRYING, attempts=1, error=TIMEOUT, scheduled_at=ago(-60)),
        job(State.FAILED, error=JobError(Untrusted(""), Untrusted("no such \x1bhost"), Untrusted(""))),
    ],
)
def test_a_run_that_failed_tells_its_error(subject: Job) -> None:
    """The evidence holds class and message of the last error, safe to show; a job without one has no such value."""
    assert subject.error is not None
    told = {"TimeoutError": "TimeoutError: too late", "PoisonPill": "PoisonPill: lost", "": "no such \\x1bhost"}
    assert explain(subject, LISTENED).evidence["error"] == told[subject.error.class_name.raw]
    assert "error" not in explain(replace(subject, error=None), LISTENED).evidence


def test_a_blocked_job_points_to_its_own_system() -> None:
    """What a foreign system holds back is for that system to explain."""
    verdict = explain(job(State.BLOCKED), facts(capabilities=FOREIGN))
    assert verdict.code is Code.BLOCKED
    unknown = explain(job(State.BLOCKED, remarks=(UNKNOWN_STATE,)), facts(capabilities=FOREIGN))
    assert (unknown.severity, "none that is known" in unknown.summary) == (Severity.WARNING, True)
    assert "Laravel" in verdict.summary
    assert "Laravel" in verdict.next


@pytest.mark.parametrize(
    ("subject", "code", "words", "step"),
    [
        (job(State.RETRYING, attempts=1, max_attempts=1), Code.ATTEMPTS_USED_UP, "its 1 attempt is used up", "retry"),
        (job(State.RETRYING, attempts=3, max_attempts=3), Code.ATTEMPTS_USED_UP, "3 attempts are used up", "retry"),
        (job(State.RETRYING, attempts=2, max_attempts=3), Code.WILL_RETRY, "attempt 3 of 3", "retry"),
        (job(State.RETRYING, attempts=2, max_attempts=None), Code.WILL_RETRY, "attempt 3", "retry"),
        (job(State.PENDING, expired_at=ago(60)), Code.DEADLINE_PAST, "retryUntil was 1 m ago", "--retry-until none"),
        (job(State.SCHEDULED, expired_at=ago(60)), Code.DEADLINE_PAST, "fails it", "--retry-until none"),
        (job(State.FAILED, attempts=1, expired_at=ago(60)), Code.DEAD_LETTER, "gave up", "--retry-until none"),
        (running(301, lease_s=None, attempts=1, max_attempts=1), Code.OVER_LIMIT, "another worker", "release"),
        (running(301, lease_s=None, expired_at=ago(9)), Code.OVER_LIMIT, "fails it", "--retry-until none"),
    ],
)
def test_what_a_worker_would_fail_at_once_is_told(subject: Job, code: Code, words: str, step: str) -> None:
    """Elsewhere a job past its deadline or its attempts is failed unrun; the next step is one that lets it run."""
    verdict = explain(
        subject, facts(capabilities=replace(RELEASING, applies={**RELEASING.applies, Verb.RETRY: frozenset(State)}))
    )
    assert verdict.code == code
    assert words in verdict.summary
    assert step in verdict.next
    assert (
        "queuetui" not in explain(subject, facts(capabilities=replace(FOREIGN, applies={}))).next or subject.expired_at
    )
    assert verdict.stuck == (code in {Code.ATTEMPTS_USED_UP, Code.OVER_LIMIT})


@pytest.mark.parametrize(
    ("class_name", "message", "ending"), [("", "no class", "with no class"), ("", "", "1 attempt")]
)
def test_a_failure_without_a_class_says_its_message(class_name: str, message: str, ending: str) -> None:
    """Where the error names no class its message is told, and a failure without either ends the sentence before it."""
    error = JobError(Untrusted(class_name), Untrusted(message), Untrusted(""))
    assert explain(job(State.FAILED, attempts=1, error=error), LISTENED).summary.endswith(ending)
