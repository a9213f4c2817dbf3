"""No job is claimed yet, because the store was restarted a moment ago."""

from __future__ import annotations

from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age


def judge(_: Job, facts: Facts) -> Verdict | None:
    """Judge a due job."""
    if facts.held_until is None or facts.held_until <= facts.now:
        return None
    left_s = (facts.held_until - facts.now).total_seconds()
    return Verdict(
        Code.CLAIMS_HELD,
        Severity.INFO,
        f"nothing is claimed for another {age(left_s)}: the server was restarted and may have forgotten who works on what",
        {"held_until": to_text(facts.held_until)},
        "wait; with appendfsync always nothing is forgotten",
    )
