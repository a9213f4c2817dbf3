"""I9: of the jobs of one key one is live, and who is told of a duplicate is told of a job that is there."""

from __future__ import annotations

from collections import defaultdict

from tests.acceptance.checker.history import History
from tests.acceptance.checker.loss import acknowledged, possibly_deleted
from tests.acceptance.checker.report import Report


def check_keys(history: History, report: Report) -> None:
    """Blame two jobs of one key, and a duplicate whose holder was never stored."""
    deleted = possibly_deleted(history)
    created: dict[str, set[str]] = defaultdict(set)
    stored = acknowledged(history) | history.jobs.keys() | deleted
    for job_id, calls in history.enqueues.items():
        for call in calls:
            key = call.invoke.key
            if not key:
                continue
            report.examined["I9"] += 1
            answer = call.answer
            if answer is not None and answer.outcome == "created":
                created[key].add(job_id)
            if answer is not None and answer.outcome == "duplicate" and answer.holder not in stored:
                report.blame("I9", "told of a duplicate that was never stored", [job_id], f"holder {answer.holder}")
    for job in history.dump.jobs:
        if job.key:
            created[job.key].add(job.id)
    for key, job_ids in created.items():
        if len(job_ids - deleted) > 1:
            report.blame("I9", "several jobs of one key", sorted(job_ids - deleted), f"key {key}")
