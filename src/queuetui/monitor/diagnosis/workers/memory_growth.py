"""A live worker uses many times the memory that it used after its warm-up."""

from __future__ import annotations

from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import worker_name

# Memory is measured after this time, because what handlers load at first is no growth.
WARM_AFTER_S = 60.0
# A smaller increase is no finding, however little memory the worker used at first.
_LEAST_BYTES = 100_000_000
_MEGABYTE = 1_000_000


def judge(worker: WorkerInfo, facts: Facts) -> Verdict | None:
    """Judge a worker by the first measure of its memory; needs a watcher that has kept it."""
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
