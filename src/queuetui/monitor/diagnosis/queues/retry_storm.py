"""Most runs of a queue end in another attempt, many times a minute."""

from __future__ import annotations

from queuetui.model.rates import RATE_MINUTES, RecentRuns
from queuetui.model.snapshot import QueueInfo
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import list_jobs, name

# Fewer repeated runs may all be of one job.
LEAST_AGAIN = 30
LEAST_SHARE = 0.5


def is_storm(runs: RecentRuns | None) -> bool:
    """Tell whether at least LEAST_SHARE of the recent runs of a queue ended in another attempt."""
    if runs is None or runs.retry_rate is None:
        return False
    return runs.retried + runs.lost >= LEAST_AGAIN and runs.retry_rate >= LEAST_SHARE


def judge(queue: QueueInfo, facts: Facts) -> Verdict | None:
    """Judge a queue; needs a tally."""
    runs = queue.recent
    if runs is None or not is_storm(runs):
        return None
    again = runs.retried + runs.lost
    every = again + runs.completed + runs.failed
    return Verdict(
        Code.RETRY_STORM,
        Severity.CRITICAL,
        f"{again} of {every} runs of {name(queue.name)} in {RATE_MINUTES} minutes ended in another attempt",
        {
            "retried": runs.retried,
            "lost": runs.lost,
            "completed": runs.completed,
            "failed": runs.failed,
            "minutes": RATE_MINUTES,
            "share": LEAST_SHARE,
        },
        f"see the errors: {list_jobs(queue.name, 'state:retrying', facts)}; pause it until they are mended",
    )
