"""I11, I12 and I16: what a person asked for is what happens, to what was named, and nothing else."""

from __future__ import annotations

from collections import Counter

from tests.acceptance.checker.events import INVOKE
from tests.acceptance.checker.history import History
from tests.acceptance.checker.report import Report
from tests.acceptance.checker.runs import NEVER_NS


def check_cancels(history: History, report: Report) -> None:
    """I11: a cancelled job does not start again, and neither it nor a completed one becomes the other, unless it was retried."""
    for job_id, calls in history.acts.items():
        if not any(call.invoke.verb == "retry" for call in calls):
            _check_cancelled(history, job_id, report)
    completed = {event.job_id for event in history.of_kind.get("settle", ()) if event.outcome == "completed"}
    for job in history.dump.jobs:
        if job.state == "cancelled" and job.id in completed and not history.done(job.id, "retry"):
            report.blame("I11", "completed, and cancelled in the end", [job.id])


def _check_cancelled(history: History, job_id: str, report: Report) -> None:
    for event in history.done(job_id, "cancel"):
        report.examined["I11"] += 1
        if event.before == "completed":
            report.blame("I11", "a completed job was cancelled", [job_id])
        if event.after != "cancelled":
            continue
        job = history.jobs.get(job_id)
        if job is not None and job.state != "cancelled":
            report.blame("I11", f"cancelled, and {job.state} in the end", [job_id])
        if any(run.start.boot_ns > event.boot_ns for run in history.runs.get(job_id, ())):
            report.blame("I11", "started after it was cancelled", [job_id])


def check_pauses(history: History, report: Report) -> None:
    """I12: no claim that was asked for after a queue was paused and answered before it was to be resumed takes a job of it."""
    claims = history.of_kind.get("claim", ())
    for paused in history.of_kind.get("act", ()):
        if paused.verb != "pause" or paused.phase == INVOKE or paused.outcome != "done":
            continue
        resumed_ns = min(
            (
                event.boot_ns
                for event in history.of_kind["act"]
                if event.verb == "resume" and event.queue == paused.queue and event.boot_ns > paused.boot_ns
            ),
            default=NEVER_NS,
        )
        report.examined["I12"] += 1
        taken = [
            claim.job_id
            for claim in claims
            if claim.queue == paused.queue and claim.since_ns > paused.boot_ns and claim.boot_ns < resumed_ns
        ]
        report.blame_jobs("I12", f"claimed from {paused.queue}, which was paused", taken)


def check_acts(history: History, report: Report) -> None:
    """I16: what an act says it did was done, as often as it says, and nothing was cancelled, deleted or reopened without one."""
    for job_id, calls in history.acts.items():
        report.examined["I16"] += len(calls)
        last = max(
            (call.answer for call in calls if call.answer is not None and call.answer.outcome == "done"),
            key=lambda event: event.boot_ns,
            default=None,
        )
        if last is not None and last.verb == "delete" and job_id in history.jobs:
            report.blame("I16", "deleted, and still there", [job_id])
    _check_counts(history, report)
    _check_intents(history, report)


def _check_counts(history: History, report: Report) -> None:
    """An act that says how many jobs it changed was recorded for as many."""
    done = Counter(event.call for event in history.of_kind.get("act", ()) if event.job_id and event.outcome == "done")
    for event in history.of_kind.get("act", ()):
        if event.phase == "ok" and not event.job_id and not event.queue and event.count != done[event.call]:
            report.blame(
                "I16", f"an act says {event.count} and {done[event.call]} were done", (), f"{event.verb} {event.call}"
            )


def _check_intents(history: History, report: Report) -> None:
    """Every cancelled job was meant: by an act, or by its own handler."""
    own = {event.job_id for event in history.of_kind.get("settle", ()) if event.outcome == "cancelled"}
    own |= {event.job_id for event in history.of_kind.get("stopped", ())}
    asked = {job_id for job_id, calls in history.acts.items() if any(call.invoke.verb == "cancel" for call in calls)}
    unmeant = [job.id for job in history.dump.jobs if job.state == "cancelled" and job.id not in own | asked]
    report.blame_jobs("I16", "cancelled though no act named it", unmeant)
