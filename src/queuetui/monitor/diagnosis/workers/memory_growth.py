"""A live worker takes many times the memory that it took when it had warmed up."""

from __future__ import annotations

from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import worker_name

# What the handlers of a worker load at first is no growth.
WARM_AFTER_S = 60.0
# So much more is no trouble, however little it was at first.
_LEAST_BYTES = 100_000_000
_MEGABYTE = 1_000_000


def judge(worker: WorkerInfo, facts: Facts) -> Verdict | None:
    """Judge a worker by the first measure of its memory; needs one who has watched since."""
    first, now, times = facts.first_rss.get(worker.id.raw), worker.rss_bytes, facts.limits.alarms.memory_growth
    if first is None or now is None or now <= first * times or now - first < _LEAST_BYTES:
        return None
    summary = (
        f"{worker_name(worker)} takes {now / _MEGABYTE:.0f} MB and took {first / _MEGABYTE:.0f} MB at first;"
        f" the limit is {times:g} times"
    )
    evidence = {"rss_bytes": now, "first_rss_bytes": first, "limit": times, "busy": worker.busy}
    return Verdict(
        Code.MEMORY_GROWING, Severity.WARNING, summary, evidence, "start it anew with --max-memory or --recycle-memory"
    )
