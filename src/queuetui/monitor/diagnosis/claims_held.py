"""Nothing is claimed yet, as the store was restarted a moment ago."""

from __future__ import annotations

from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.wording import span


def judge(_: Job, facts: Facts) -> Verdict | None:
    """Judge a pending job."""
    held_s = facts.seconds_since(facts.held_until)
    if facts.held_until is None or held_s is None or held_s >= 0:
        return None
    return Verdict(
        Code.CLAIMS_HELD,
        Severity.INFO,
        f"the server was restarted and may have forgotten who works on what: nothing is claimed for another {span(-held_s)}",
        {"held_until": to_text(facts.held_until)},
        "wait; a server with appendfsync always forgets nothing and holds nothing off",
    )
