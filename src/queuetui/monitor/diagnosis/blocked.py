"""A job that waits for something other than time."""

from __future__ import annotations

from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a blocked job."""
    label = facts.capabilities.label
    return Verdict(Code.BLOCKED, Severity.INFO, f"{label} holds it back until something else ends", {}, f"look in {label} at what {job.state} it")
