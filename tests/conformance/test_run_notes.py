"""What runs tell beside their endings: kept with the job, counted once, gone with it."""

from __future__ import annotations

from typing import Any

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Lease
from queuetui.backends.run_notes import RunNotesStore
from queuetui.model.act import Verb
from queuetui.model.job import ClaimedJob, Ending
from queuetui.model.run_notes import LARGEST_COUNT, LOGGED_RUNS_A_JOB, NotedRun, RunNotes, add_usage, tag_counter
from tests.conformance.scenes import act_done, add_one, claim_and_vanish, claim_one, settle, store_now
from tests.conformance.stores import KEPT_BRIEFLY, Store
from tests.waiting import wait_until


def as_keeper(backend: NativeBackend) -> RunNotesStore:
    """Return the backend as what keeps notes."""
    return backend.notes


def note(backend: NativeBackend, lease: Lease, claimed: ClaimedJob, **told: Any) -> None:
    """Write what a run told."""
    as_keeper(backend).write_notes(lease.id, [RunNotes(claimed.id, claimed.fence, claimed.type, **told)])


def noted(backend: NativeBackend, job_id: str) -> tuple[NotedRun, ...]:
    """Return what is kept of a job's runs."""
    return backend.inspector.view(job_id, 0).runs


def totals(backend: NativeBackend) -> dict[tuple[str, str, str], float]:
    """Return what was counted lately."""
    found = as_keeper(backend).usage_totals(60)
    return {(one.queue.raw, one.type.raw, one.name.raw): one.amount for one in found}


def test_a_run_that_tells_nothing_leaves_nothing(backend: NativeBackend) -> None:
    """There are no notes of a job whose runs told nothing."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    settle(backend, lease, claimed, Ending.COMPLETED)
    assert noted(backend, job_id) == ()
    assert totals(backend) == {}


def test_what_handlers_count_comes_before_what_is_counted_by_tags(backend: NativeBackend) -> None:
    """However many values a tag has, they push no counter of a handler out of the totals."""
    add_one(backend)
    lease, claimed = claim_one(backend)
    note(backend, lease, claimed, usage={tag_counter("provider", "acme", "failed"): 1, "zeal": 2})
    assert [name for _, _, name in totals(backend)] == ["zeal", "tag failed provider:acme"]


def test_all_that_a_run_tells_is_kept(backend: NativeBackend) -> None:
    """Sums, processor time, memory and log lines come back as they were told, with the time of the store's clock."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    before = store_now(backend)
    usage = {"credits": 3, "größe \N{SNOWMAN}": 0.25}
    note(backend, lease, claimed, usage=usage, cpu_s=1.25, peak_bytes=7_000_000_000, log="a\nb \x1b[2J\0", log_cut=7)
    (run,) = noted(backend, job_id)
    assert {name.raw: amount for name, amount in run.usage} == usage
    assert (run.fence, run.cpu_s, run.peak_bytes, run.log_cut) == (claimed.fence, 1.25, 7_000_000_000, 7)
    assert run.log is not None
    assert run.log.raw == "a\nb \x1b[2J\N{SYMBOL FOR NULL}"
    assert abs((run.noted_at - before).total_seconds()) < 30


def test_what_is_told_again_replaces_what_was_told_before(backend: NativeBackend) -> None:
    """Sums and lines are told as they stand; what is left out stays."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    note(backend, lease, claimed, usage={"credits": 2}, log="first", cpu_s=0.5)
    note(backend, lease, claimed, usage={"credits": 5, "mails": 1})
    note(backend, lease, claimed, log="first\nsecond")
    (run,) = noted(backend, job_id)
    assert {name.raw: amount for name, amount in run.usage} == {"credits": 5, "mails": 1}
    assert (run.cpu_s, run.log and run.log.raw) == (0.5, "first\nsecond")


def test_usage_is_counted_once_by_queue_and_type(backend: NativeBackend) -> None:
    """The totals grow by what is new in each sum, so notes that are sent twice count once; runs add up."""
    for queue, job_type, amount in (
        ("mail", "Send", 3),
        ("mail", "Send", 4.5),
        ("sync", "Send", 1),
        ("sync", "Pull", 2),
    ):
        add_one(backend, queue=queue, type=job_type)
        lease, claimed = claim_one(backend, queue=queue)
        note(backend, lease, claimed, usage={"credits": amount / 2})
        note(backend, lease, claimed, usage={"credits": amount})
        note(backend, lease, claimed, usage={"credits": amount})
        assert settle(backend, lease, claimed, Ending.COMPLETED)
    assert totals(backend) == {
        ("mail", "Send", "credits"): 7.5,
        ("sync", "Pull", "credits"): 2,
        ("sync", "Send", "credits"): 1,
    }


def test_every_run_of_a_job_has_notes_of_its_own(backend: NativeBackend) -> None:
    """A run that is tried again starts anew; the job's usage is the sum, and its last logged runs keep their lines."""
    job_id = add_one(backend, max_attempts=20)
    runs = LOGGED_RUNS_A_JOB + 3
    for number in range(runs):
        lease, claimed = claim_one(backend)
        if number != 1:
            note(backend, lease, claimed, usage={"credits": 2}, log=f"run {number}")
        settle(backend, lease, claimed, Ending.RETRY)
        act_done(backend, Verb.RETRY, job_id)
    kept = noted(backend, job_id)
    assert add_usage(kept) == {"credits": 2 * (runs - 1)}
    assert [run.log.raw for run in kept if run.log is not None] == [
        f"run {number}" for number in range(runs - LOGGED_RUNS_A_JOB, runs)
    ]


def test_a_stale_run_tells_nothing(backend: NativeBackend) -> None:
    """Notes under a lease that is over, of another fence or of a job held under another lease change nothing."""
    job_id = add_one(backend)
    vanished, (claimed,) = claim_and_vanish(backend)
    note(backend, vanished, claimed, usage={"credits": 1})
    backend.jobs.sweep(10)
    lease, again = claim_one(backend)
    note(backend, lease, claimed, usage={"credits": 1}, log="stale")
    note(backend, backend.jobs.open_lease("w2", "default", 60), again, usage={"credits": 1})
    as_keeper(backend).write_notes("no lease", [RunNotes(job_id, again.fence, "Send", {"credits": 1})])
    assert noted(backend, job_id) == ()
    assert totals(backend) == {}
    note(backend, lease, again, usage={"credits": 1})
    assert len(noted(backend, job_id)) == 1


def test_notes_outlive_the_end_and_a_retry(backend: NativeBackend) -> None:
    """They stay with a job that ends and is retried by hand."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    note(backend, lease, claimed, log="why it failed")
    settle(backend, lease, claimed, Ending.FAILED)
    assert len(noted(backend, job_id)) == 1
    act_done(backend, Verb.RETRY, job_id)
    assert len(noted(backend, job_id)) == 1


def test_notes_go_with_their_job(store: Store) -> None:
    """A job that is deleted or pruned takes its notes along; what was counted stays in the totals."""
    backend = store.open(KEPT_BRIEFLY)
    pruned, deleted = add_one(backend), add_one(backend)
    for _ in (pruned, deleted):
        lease, claimed = claim_one(backend)
        note(backend, lease, claimed, usage={"credits": 1}, log="line")
        if claimed.id == deleted:
            settle(backend, lease, claimed, Ending.SNOOZED, delay_s=60.0)
        else:
            settle(backend, lease, claimed, Ending.COMPLETED)
    act_done(backend, Verb.DELETE, deleted)
    wait_until(lambda: backend.jobs.prune(100) == 0)
    for job_id in (pruned, deleted):
        add_one(backend, id=job_id)
        assert noted(backend, job_id) == ()
    assert totals(backend) == {("default", "Send", "credits"): 2}


@pytest.mark.parametrize("result", [b'"short"', b'"' + b"long " * 1000 + b'"'])
def test_a_result_may_end_before_its_job(backend: NativeBackend, result: bytes) -> None:
    """A result with a time to live is deleted by the prune after it, and the job stays as it was; others keep theirs."""
    brief, kept = add_one(backend), add_one(backend)
    for job_id in (brief, kept):
        lease, claimed = claim_one(backend)
        if job_id == brief:
            note(backend, lease, claimed, result_ttl_s=0.2)
        settle(backend, lease, claimed, Ending.COMPLETED, result=result)
    before = backend.inspector.get(brief)
    wait_until(lambda: backend.jobs.prune(100) == 0 and backend.inspector.get(brief).result is None)
    after = backend.inspector.get(brief)
    assert (before.result is not None, after.result) == (True, None)
    assert (after.ref, after.state) == (before.ref, before.state)
    found = backend.inspector.get(kept).result
    assert found is not None
    assert found.raw.encode() == result


def test_a_later_run_keeps_its_result(backend: NativeBackend) -> None:
    """The time to live of a run says nothing about the result of a later run of the job."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    note(backend, lease, claimed, result_ttl_s=0.0)
    settle(backend, lease, claimed, Ending.RETRY)
    act_done(backend, Verb.RETRY, job_id)
    lease, claimed = claim_one(backend)
    settle(backend, lease, claimed, Ending.COMPLETED, result=b"1")
    wait_until(lambda: backend.jobs.prune(100) == 0)
    assert backend.inspector.get(job_id).result is not None


def test_the_largest_counts_are_summed_up(backend: NativeBackend) -> None:
    """Runs that counted as much as can be told are kept and summed; none of them stops what else is written."""
    for _ in range(3):
        add_one(backend)
        lease, claimed = claim_one(backend)
        note(backend, lease, claimed, usage={"n": LARGEST_COUNT})
        settle(backend, lease, claimed, Ending.COMPLETED)
    assert list(totals(backend).values()) == [pytest.approx(3 * LARGEST_COUNT)]
