"""I5: one final transition a generation, by the run that holds the job; what is stale changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.acceptance.checker.events import Event
from tests.acceptance.checker.history import History, group
from tests.acceptance.checker.loss import FINAL_STATES, possibly_deleted
from tests.acceptance.checker.overlaps import PAST_ITS_LIMIT
from tests.acceptance.checker.records import StoredJob
from tests.acceptance.checker.report import Report

REFUSED = frozenset({"stale", "unknown"})
POISON_PILL = "PoisonPill"


def check_endings(history: History, report: Report) -> None:
    """Count final transitions, blame accepted writes that were stale, and compare the end with what was seen to run."""
    settles = group(history.of_kind.get("settle", ()), lambda event: event.job_id)
    claims = group(history.of_kind.get("claim", ()), lambda event: event.job_id)
    for job_id, ended in settles.items():
        accepted = [event for event in ended if event.outcome not in REFUSED]
        report.examined["I5"] += len(ended)
        _check_stale(job_id, accepted, claims.get(job_id, ()), report)
    _count_finals(history, report)
    for job in history.dump.jobs:
        report.examined["I5"] += 1
        _check_last(history, job, report)


def _check_stale(job_id: str, accepted: Sequence[Event], claims: Sequence[Event], report: Report) -> None:
    for fence, count in Counter(event.fence for event in accepted).items():
        if count > 1:
            report.blame("I5", "one run was ended twice", [job_id], f"fence {fence}, {count} times")
    for event in accepted:
        newer = [claim.fence for claim in claims if claim.fence > event.fence and claim.boot_ns < event.since_ns]
        if newer:
            report.blame(
                "I5", "a stale ending was accepted", [job_id], f"of fence {event.fence} after fence {max(newer)}"
            )


def _count_finals(history: History, report: Report) -> None:
    finals: Counter[str] = Counter()
    for event in (*history.of_kind.get("settle", ()), *history.of_kind.get("sweep", ())):
        finals[event.job_id] += event.outcome in FINAL_STATES
    for job_id in history.acts:
        finals[job_id] += sum(event.after in FINAL_STATES for event in history.done(job_id, "cancel"))
    for job_id, count in finals.items():
        again = [call for call in history.acts.get(job_id, ()) if call.invoke.verb == "retry"]
        if count > 1 + len(again):
            report.double_final += 1
            report.blame("I5", "several final transitions", [job_id], f"{count} with {len(again)} retries asked for")


def _check_last(history: History, job: StoredJob, report: Report) -> None:
    """The run that made a job final is the one with the highest fence, and it ended as the store says."""
    runs = history.runs.get(job.id, ())
    if job.error_class in {POISON_PILL, PAST_ITS_LIMIT} or job.state not in {"completed", "failed"}:
        return
    last = max(runs, key=lambda run: run.fence, default=None)
    how = "nothing" if last is None else last.how
    if how != {"completed": "end", "failed": "fail"}[job.state]:
        report.blame("I5", f"{job.state} by a run that ended as {how}", [job.id])


def check_tally(history: History, report: Report) -> None:
    """Transitions are counted as they are made: as many final ones as there are final jobs is one each."""
    tally = history.dump.tally
    if tally is None or not history.setup.count_all or possibly_deleted(history):
        return
    undone = Counter(event.before for job_id in history.acts for event in history.done(job_id, "retry"))
    states = Counter(job.state for job in history.dump.jobs)
    outcomes = Counter(attempt.outcome for kept in history.dump.attempts.values() for attempt in kept)
    expected = {
        "enqueued": len(history.dump.jobs),
        "completed": states["completed"] + undone["completed"],
        "failed": states["failed"] + undone["failed"],
        "retried": outcomes["retry"],
        "lost": sum(job.lost for job in history.dump.jobs),
    }
    counted = {name: getattr(tally, name) for name in expected}
    report.examined["I5"] += 1
    if counted != expected:
        report.blame("I5", "transitions counted are not those of the jobs stored", (), f"{counted}, stored {expected}")
