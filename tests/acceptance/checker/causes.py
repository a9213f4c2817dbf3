"""I6 and I8: every repeated run has a recorded and true cause, and counters move only for their own."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from tests.acceptance.checker.endings import POISON_PILL
from tests.acceptance.checker.history import History
from tests.acceptance.checker.leases import LATE, SECOND_NS
from tests.acceptance.checker.overlaps import PAST_ITS_LIMIT
from tests.acceptance.checker.report import Report
from tests.acceptance.checker.runs import Run

LOSSES = 3
# What a worker tells of a run whose process it found dead; told too late, it is recorded as an acknowledgement that was lost.
DIED = "ProcessDied"


def check_causes(history: History, report: Report) -> None:
    """Find why each run was followed by another; what has no cause, or one that is not true, is unexplained."""
    given_back = _find_given_back(history)
    for job_id, runs in history.runs.items():
        report.examined["I6"] += len(runs)
        ordered = sorted(runs, key=lambda run: run.fence)
        for run, after in pairwise(ordered):
            cause, fault = explain(history, job_id, run, after, given_back)
            report.duplicates[cause] += 1
            # One that was frozen may die long after its job runs again.
            if run.how == "killed" and after.start.boot_ns >= run.end_ns:
                report.recovery_s.append((after.start.boot_ns - run.end_ns) / SECOND_NS)
            if fault:
                report.unexplained += 1
                report.blame(
                    "I6", fault, [job_id], f"fence {run.fence} ({run.how}) and then {after.fence}; recorded: {cause}"
                )


def explain(
    history: History, job_id: str, run: Run, after: Run, given_back: frozenset[tuple[str, int]]
) -> tuple[str, str]:
    """Return the cause of a repeat and what is wrong with it, nothing where it is true."""
    attempt = next((one for one in history.attempts(job_id) if one.fence == run.fence), None)
    outcome = "" if attempt is None else attempt.outcome
    if _retried_by_person(history, job_id, run, after):
        return "operator retry", ""
    if outcome == "retry":
        late = attempt is not None and attempt.error_class == PAST_ITS_LIMIT
        return outcome, "" if run.how == "fail" or late else "repeated as a retry, and its run did not fail"
    if outcome in LATE:
        told_dead = attempt is not None and attempt.error_class == DIED
        if outcome == "ack_lost" and run.how == "killed" and not told_dead:
            return outcome, "repeated as ack_lost, and its run never ended"
        return _explain_loss(history, run, after, outcome)
    if run.how == "snooze":
        return "snooze", ""
    if (job_id, run.fence) in given_back:
        return "released", ""
    return outcome or "nothing", "repeated without a recorded cause"


def _explain_loss(history: History, run: Run, after: Run, outcome: str) -> tuple[str, str]:
    start = run.start
    near = [
        fault.fault
        for fault in history.faults
        if fault.concerns(
            start.pid, start.worker, start.boot_ns - round(history.setup.lease_s * SECOND_NS), after.start.boot_ns
        )
    ]
    if not near:
        return outcome, "lost though nothing was done to its worker"
    return f"{outcome}, {Counter(near).most_common(1)[0][0]}", ""


def _retried_by_person(history: History, job_id: str, run: Run, after: Run) -> bool:
    calls = history.acts.get(job_id, ())
    return any(
        call.invoke.verb in {"retry", "release"}
        and (call.answer is None or call.answer.outcome != "skipped")
        and run.start.boot_ns <= call.invoke.boot_ns <= after.start.boot_ns
        for call in calls
    )


def _find_given_back(history: History) -> frozenset[tuple[str, int]]:
    """Return the runs that were released by their worker, one by one or with their lease, or may have been."""
    closed = {event.lease_id for event in history.of_kind.get("closing", ())}
    held = {(event.job_id, event.fence) for event in history.of_kind.get("claim", ()) if event.lease_id in closed}
    settled = {
        (event.job_id, event.fence)
        for event in history.of_kind.get("settle", ())
        if event.outcome in {"released", "snoozed"}
    }
    return frozenset(held | settled)


def check_counters(history: History, report: Report) -> None:
    """I8: attempts counts the runs that ended, lost those that infrastructure ended, and the third loss quarantines."""
    for job in history.dump.jobs:
        report.examined["I8"] += 1
        kept = Counter(attempt.outcome for attempt in history.attempts(job.id))
        ended = kept["retry"] + kept["failed"] + (job.state == "completed")
        if job.attempts != ended and not history.acts.get(job.id):
            report.blame("I8", f"counts {job.attempts} attempts and records {ended}", [job.id])
        if not kept["lost"] <= job.lost <= kept["lost"] + kept["ack_lost"]:
            report.blame("I8", f"counts {job.lost} losses and records {dict(kept)}", [job.id])
        if job.error_class == POISON_PILL and job.state == "failed":
            report.duplicates["quarantined"] += 1
            if job.lost < LOSSES:
                report.blame("I8", f"quarantined after {job.lost} losses", [job.id])
