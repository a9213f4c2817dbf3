"""I1, I2 and I15: what was acknowledged is there, what is there was sent, and a job shares the fate of its business row."""

from __future__ import annotations

from collections import Counter

from queuetui.model.state import FINAL
from tests.acceptance.checker.history import History
from tests.acceptance.checker.report import Report

FINAL_STATES = frozenset(state.value for state in FINAL)


def acknowledged(history: History) -> set[str]:
    """Return the jobs that a client was told are stored."""
    return {
        job_id
        for job_id, calls in history.enqueues.items()
        for call in calls
        if call.answer is not None and call.phase == "ok" and call.answer.holder in {"", job_id}
    }


def possibly_deleted(history: History) -> set[str]:
    """Return the jobs that a person deleted, or may have."""
    return {
        job_id
        for job_id, calls in history.acts.items()
        for call in calls
        if call.invoke.verb == "delete" and (call.answer is None or call.answer.outcome != "skipped")
    }


def check_loss(history: History, report: Report) -> None:
    """I1: every acknowledged job is there once, in a final state when the run was drained, or was deleted by a recorded act."""
    sent = acknowledged(history)
    report.examined["I1"] += len(sent)
    lost = sent - history.jobs.keys() - possibly_deleted(history)
    report.lost += report.blame_jobs("I1", "acknowledged and not stored", lost)
    counts = Counter(job.id for job in history.dump.jobs)
    report.blame_jobs("I1", "stored more than once", (job_id for job_id, count in counts.items() if count > 1))
    if history.setup.drained:
        live = [job.id for job in history.dump.jobs if job.state not in FINAL_STATES]
        report.blame_jobs("I1", "not in a final state when the run had ended", live)


def check_phantoms(history: History, report: Report) -> None:
    """I2: every stored job and every run traces to an enqueue that was done or may have been, with the payload that was sent."""
    sent = {
        job_id: calls[0].invoke.digest
        for job_id, calls in history.enqueues.items()
        if any(call.phase != "fail" for call in calls)
    }
    report.examined["I2"] += len(history.jobs) + len(history.runs)
    report.phantom += report.blame_jobs("I2", "stored and never enqueued", history.jobs.keys() - sent.keys())
    report.phantom += report.blame_jobs(
        "I2", "ran and was neither stored nor enqueued", history.runs.keys() - sent.keys() - history.jobs.keys()
    )
    altered = [job.id for job in history.dump.jobs if _differs(job.digest, sent.get(job.id, ""))]
    report.blame_jobs("I2", "stored with another payload", altered)
    ran = [
        job_id
        for job_id, runs in history.runs.items()
        if any(_differs(run.start.digest, sent.get(job_id, "")) for run in runs)
    ]
    report.blame_jobs("I2", "ran with another payload", ran)


def _differs(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def check_transactions(history: History, report: Report) -> None:
    """I15: a job that was enqueued in a transaction exists if and only if the row that was written beside it does."""
    rows = {event.job_id: event.phase == "ok" for event in history.of_kind.get("business", ())}
    report.examined["I15"] += len(rows)
    deleted = possibly_deleted(history)
    there = {job_id for job_id, is_there in rows.items() if is_there}
    report.blame_jobs("I15", "its business row is there and it is not", there - history.jobs.keys() - deleted)
    gone = rows.keys() - there
    report.blame_jobs(
        "I15", "its business row was rolled back and it is there", gone & (history.jobs.keys() | history.runs.keys())
    )
