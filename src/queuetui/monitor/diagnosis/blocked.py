"""A job that waits for something other than time."""

from __future__ import annotations

from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.wording import name


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a blocked job."""
    label = facts.capabilities.label
    summary = f"{label} holds it back until something else ends"
    return Verdict(
        Code.BLOCKED, Severity.INFO, summary, {"queue": name(job.queue)}, f"look in {label} at what it waits for"
    )
