"""The judge is judged: a history that keeps every promise passes, and each way to break one is told as that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from tests.acceptance.checker import Figures, KeptAttempt, Sink, load, write_dump
from tests.acceptance.checker.events import digest_of
from tests.acceptance.checker.history import write_setup
from tests.acceptance.checker.report import INVARIANTS
from tests.acceptance.stories import FINE, Story, acted, claimed, ended, enqueued, event, is_about, job
from tests.architecture.source import ROOT
from tests.conformance.scenes import add, run

Spoil = Callable[[Story], Story]

BROKEN: dict[str, tuple[str, Spoil]] = {
    "acknowledged and not stored": ("I1", lambda fine: fine.dropped("f")),
    "stored more than once": (
        "I1",
        lambda fine: replace(fine, jobs=(*fine.jobs, fine.jobs[-1])),
    ),
    "not in a final state": ("I1", lambda fine: fine.stored("c", state="pending")),
    "stored and never enqueued": ("I2", lambda fine: fine.without(is_about("enqueue", "f"))),
    "ran and was neither stored nor enqueued": ("I2", lambda fine: fine.plus(*claimed("z", 6.9))),
    "stored with another payload": ("I2", lambda fine: fine.stored("e", digest="other")),
    "ran with another payload": ("I2", lambda fine: fine.altered(is_about("start", "e"), digest="other")),
    "claimed under two valid leases": ("I3", lambda fine: fine.altered(is_about("renew"), lease_s=4.0)),
    "its fence did not grow": ("I3", lambda fine: fine.altered(is_about("claim", "a", 3), fence=2)),
    "two runs at once": ("I4", lambda fine: fine.altered(is_about("start", "a", 3), boot_ns=3_900_000_000)),
    "one run was ended twice": (
        "I5",
        lambda fine: fine.plus(event("settle", 6.2, 8, call="x", job_id="a", fence=1, outcome="retry")),
    ),
    "a stale ending was accepted": (
        "I5",
        lambda fine: fine.plus(event("settle", 6.2, 7, call="x", job_id="a", fence=2, outcome="released")),
    ),
    "several final transitions": ("I5", lambda fine: fine.plus(event("sweep", 6.2, 8, job_id="e", outcome="failed"))),
    "completed by a run that ended as fail": (
        "I5",
        lambda fine: fine.altered(is_about("end", "a", 3), kind="fail"),
    ),
    "transitions counted": (
        "I5",
        lambda fine: replace(fine, tally=Figures(enqueued=6, completed=6)),
    ),
    "repeated as a retry, and its run did not fail": (
        "I6",
        lambda fine: fine.altered(is_about("fail", "a"), kind="end"),
    ),
    "repeated without a recorded cause": (
        "I6",
        lambda fine: fine.plus(*claimed("e", 6.3, fence=2), *ended("e", 6.4, fence=2)),
    ),
    "lost though nothing was done": (
        "I6",
        lambda fine: fine.without(is_about("killed")).plus(event("end", 3.5, job_id="a", fence=2)),
    ),
    "repeated as ack_lost, and its run never ended": (
        "I6",
        lambda fine: with_attempts(
            fine, KeptAttempt(fence=1, outcome="retry"), KeptAttempt(fence=2, outcome="ack_lost")
        ),
    ),
    "completed without its effect": ("I7", lambda fine: fine.without(is_about("effect", "e"))),
    "an older run's effect was applied": (
        "I7",
        lambda fine: fine.plus(event("effect", 6.2, job_id="a", fence=2, outcome="applied")),
    ),
    "the effect that stands": ("I7", lambda fine: fine.altered(is_about("effect", "a"), fence=2)),
    "counts 3 attempts": ("I8", lambda fine: fine.stored("a", attempts=3)),
    "counts 2 losses": ("I8", lambda fine: fine.stored("a", lost=2)),
    "quarantined after 1 losses": (
        "I8",
        lambda fine: fine.stored("a", state="failed", error_class="PoisonPill", attempts=1),
    ),
    "several jobs of one key": (
        "I9",
        lambda fine: fine.altered(is_about("enqueue", "b2"), outcome="created", holder="b2"),
    ),
    "told of a duplicate that was never stored": (
        "I9",
        lambda fine: fine.altered(is_about("enqueue", "b2"), holder="nobody"),
    ),
    "started before its time": ("I10", lambda fine: fine.altered(is_about("enqueue", "b"), due_us=6_000_000)),
    "several jobs of one slot": ("I10", lambda fine: fine.plus(event("slot", 0.8, key="daily 1", job_id="f"))),
    "a completed job was cancelled": (
        "I11",
        lambda fine: fine.plus(*acted("cancel", 7.2, job_id="e", before="completed", after="cancelled")),
    ),
    "cancelled, and completed in the end": ("I11", lambda fine: fine.stored("c", state="completed", attempts=1)),
    "started after it was cancelled": ("I11", lambda fine: fine.plus(*claimed("c", 6.2))),
    "completed, and cancelled in the end": ("I11", lambda fine: fine.stored("e", state="cancelled")),
    "claimed from slow": (
        "I12",
        lambda fine: fine.plus(event("claim", 6.2, 8, lease_id="L2", queue="slow", job_id="d", fence=1)),
    ),
    "runnable for": ("I13", lambda fine: fine.plus(*enqueued("y", 7.6), event("view", 9.5))),
    "started out of turn": ("I14", lambda fine: fine.altered(is_about("start", "f"), boot_ns=5_810_000_000)),
    "its business row is there and it is not": (
        "I15",
        lambda fine: fine.plus(event("business", 0.8, job_id="g2", phase="ok")),
    ),
    "its business row was rolled back": ("I15", lambda fine: fine.altered(is_about("business", "e"), phase="fail")),
    "deleted, and still there": ("I16", lambda fine: fine.plus(*acted("delete", 7.2, job_id="e", before="completed"))),
    "an act says 2 and 1 were done": (
        "I16",
        lambda fine: fine.plus(event("act", 2.53, phase="ok", call="cancel-2.5", count=2)),
    ),
    "cancelled though no act named it": ("I16", lambda fine: fine.without(is_about("act", "c"))),
    "looking wrote 1 times": ("I17", lambda fine: fine.plus(event("view", 7.6, count=1))),
    "looking took RowExclusiveLock": ("I17", lambda fine: fine.plus(event("view", 7.6, detail="RowExclusiveLock"))),
    "acknowledged before it was flushed": ("I18", lambda fine: fine.without(is_about("durable", "f"))),
}


def with_attempts(story: Story, *attempts: KeptAttempt) -> Story:
    """Return a story in which other attempts of a were kept."""
    return replace(story, attempts={"a": attempts})


def test_a_history_with_harm_but_no_fault_is_fine() -> None:
    """A failure, a kill, a cancel, a pause and their recorded causes break no promise, and every promise was tried."""
    report = FINE.judge()
    assert report.violations == []
    assert {one for one in INVARIANTS if not report.examined[one]} == set()
    assert report.duplicates == {"retry": 1, "lost, crash": 1}
    assert report.faults == {"crash": 1}


@pytest.mark.parametrize("told", BROKEN)
def test_a_broken_promise_is_told(told: str) -> None:
    """Each kind of fault, planted in a fine history, is found and named as a breach of its own invariant."""
    invariant, spoil = BROKEN[told]
    found = [str(one) for one in spoil(FINE).judge().violations]
    assert any(one.startswith(invariant) and told in one for one in found), found


def test_every_invariant_has_a_story_that_breaks_it() -> None:
    """None of the eighteen is without a planted fault."""
    assert {invariant for invariant, _ in BROKEN.values()} == set(INVARIANTS)


def overlapping(**setup: object) -> Story:
    """Return a story in which the first run of e goes on while the second has begun, and is recorded as lost."""
    story = Story(
        (
            *enqueued("e", 0),
            *claimed("e", 1, "L1", 1, 7),
            *claimed("e", 4, "L2", 2, 8),
            event("end", 4.3, 7, job_id="e", fence=1),
            *ended("e", 5, fence=2),
        ),
        (job("e", lost=1),),
        {"e": (KeptAttempt(fence=1, outcome="lost"),)},
        None,
        FINE.setup,
    )
    return story.under(traced=False, **setup)


def test_an_overlap_after_a_lost_lease_is_allowed_to_threads_alone() -> None:
    """A thread cannot be stopped from outside; a process is, so that there the same history breaks the promise."""
    cut = event("fault", 1.5, 0, phase="begin", fault="network"), event("fault", 3, 0, phase="end", fault="network")
    threads = overlapping(isolation="thread").plus(*cut).judge()
    assert threads.violations == []
    assert threads.overlaps == {"thread: lease lost": 1}
    processes = overlapping(isolation="process").plus(*cut).judge()
    assert processes.broken == {"I4"}
    assert processes.overlaps == {"network": 1}


@pytest.mark.parametrize(("woken_s", "broken"), [(4.1, set()), (3.9, {"I4"})])
def test_a_frozen_run_may_go_on_for_its_grace(woken_s: float, broken: set[str]) -> None:
    """The overlap of a run that was frozen longer than its lease is counted, and blamed when it outlives the grace."""
    frozen = event("frozen", 1.5, 7), event("woken", woken_s, 7)
    report = overlapping(isolation="process").plus(*frozen).judge()
    assert report.broken == broken
    assert report.overlaps == {"pause": 1}


def test_a_restart_may_cost_an_overlap_below_grade_a_alone() -> None:
    """A server that forgets a claim is promised no better; one of grade A is."""
    restart = event("fault", 2, 0, fault="restart")
    assert overlapping(isolation="process", grade="A").plus(restart).judge().broken == {"I4"}
    assert overlapping(isolation="process", grade="B").plus(restart).judge().broken == set()


def test_a_deleted_job_is_not_lost() -> None:
    """What a recorded act deleted, or may have deleted, is not missed."""
    story = (
        FINE.dropped("e").without(is_about("business", "e")).plus(*acted("delete", 7.2, job_id="e", before="completed"))
    )
    assert story.judge().violations == []


def test_a_run_ends_when_its_worker_does() -> None:
    """A child's run ends with the worker process above it, whose pid it carries."""
    story = FINE.altered(is_about("start", "a", 2), pid=70, worker=7)
    assert story.judge().violations == []


def test_a_lease_renewed_late_is_not_blamed_on_the_next_claim() -> None:
    """A step whose answer nobody saw may have given its jobs back, so that a claim soon after is no proof."""
    story = FINE.altered(is_about("renew"), lease_s=4.0).plus(
        event("settling", 3.5, 7, lease_id="L1", call="unanswered")
    )
    assert story.judge().violations == []


def test_the_tool_reads_what_a_run_left(tmp_path: Path) -> None:
    """Events, setup and the dump of a real store are read back, and the command prints the table and says by its code how it went."""
    backend = open_native("memory://", BackendOptions(kind=NATIVE, create=True))
    (job_id,) = add(backend)
    claimed_job = run(backend)
    sink = Sink(tmp_path / "client.events")
    sent: dict[str, Any] = {"call": "1", "job_id": job_id, "digest": digest_of(claimed_job.payload)}
    sink.write("enqueue", phase="invoke", **sent)
    sink.write("enqueue", phase="ok", **sent, outcome="created", holder=job_id)
    sink.write("start", job_id=job_id, fence=claimed_job.fence, digest=sent["digest"])
    sink.write("end", job_id=job_id, fence=claimed_job.fence)
    dump = write_dump(backend.inspector, tmp_path)
    write_setup(msgspec.structs.replace(FINE.setup, traced=False, recovery_s=60.0), tmp_path)
    assert load(tmp_path).dump == dump
    words = [sys.executable, "-m", "tests.acceptance.checker", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, env={"PYTHONPATH": "src"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "| I1 no loss | 1 | 0 |" in done.stdout
    sink.write("start", job_id="nobody", fence=1)
    assert subprocess.run(words, cwd=ROOT, env={"PYTHONPATH": "src"}, capture_output=True, check=False).returncode == 1


def test_a_death_that_was_told_too_late_is_a_cause() -> None:
    """A worker that was frozen may tell of its dead child when the lease is over: recorded as lost in the acknowledging, and true."""
    retry, late = (
        KeptAttempt(fence=1, outcome="retry"),
        KeptAttempt(fence=2, outcome="ack_lost", error_class="ProcessDied"),
    )
    assert "I6" not in with_attempts(FINE, retry, late).judge().broken
