"""A job that waits for something other than time."""

from __future__ import annotations

import re

from queuetui.model.job import UNKNOWN_STATE, Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import name

_BYTES = re.compile("([0-9a-f]{2})*")
_LOOK = "look at its row: a mapping file can say what it means, in [states]; nothing is done to it until then"
_HOW_TO_MEND = "delete the job, or write a right state into its row by hand; its remarks say what is stored"


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a blocked job."""
    if facts.capabilities.native:
        # Our own queue has no blocked state: a job whose stored state is invalid is read as blocked.
        summary = "its stored state is none that is known, so no worker takes it"
        return Verdict(Code.BLOCKED, Severity.WARNING, summary, {"queue": name(job.queue)}, _HOW_TO_MEND)
    label = facts.capabilities.label
    if UNKNOWN_STATE in job.remarks:
        summary = "what its row says of its state is none that is known here"
        return Verdict(Code.BLOCKED, Severity.WARNING, summary, {"queue": name(job.queue)}, _LOOK)
    summary = f"{label} holds it back until something else ends"
    return Verdict(
        Code.BLOCKED, Severity.INFO, summary, {"queue": name(job.queue)}, f"look in {label} at what it waits for"
    )


def judge_id(job: Job, facts: Facts) -> Verdict | None:
    """Judge a job of our own queue whose stored id is no UUID; such an id is read as hexadecimal digits."""
    if not facts.capabilities.native or not _BYTES.fullmatch(job.ref.id):
        return None
    summary = "its id is not the 16 bytes of a UUID, so no worker takes it"
    return Verdict(Code.BLOCKED, Severity.WARNING, summary, {"queue": name(job.queue)}, "delete its row by hand")
