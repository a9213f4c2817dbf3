"""I14: jobs of one group start in the order in which they were enqueued, where none of them was repeated."""

from __future__ import annotations

from itertools import pairwise

from tests.acceptance.checker.history import History, group
from tests.acceptance.checker.report import Report


def check_groups(history: History, report: Report) -> None:
    """Blame a job that started before one that was acknowledged before it was sent."""
    sent = [calls[0] for calls in history.enqueues.values() if calls[0].invoke.group and calls[0].phase == "ok"]
    for name, events in group((call.invoke for call in sent), lambda event: event.group).items():
        ordered = [event.job_id for event in sorted(events, key=lambda event: event.boot_ns)]
        runs = [history.runs.get(job_id, ()) for job_id in ordered]
        if any(len(found) != 1 for found in runs):
            continue
        report.examined["I14"] += len(ordered)
        for one, other in pairwise(found[0].start for found in runs):
            if other.boot_ns < one.boot_ns:
                report.blame("I14", "started out of turn", [other.job_id, one.job_id], f"group {name}")
