"""A run within its limit that has lasted for far longer than nearly all runs of its type."""

from __future__ import annotations

from queuetui.model.counted import counted
from queuetui.model.histories import LEAST_RUNS
from queuetui.model.job import Job
from queuetui.model.stuck import runs_since
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, command, limit, name
from queuetui.monitor.learned_limits import TIMES

# A shorter run is never slow, however many times longer it takes than others.
LEAST_S = 5.0


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a processing job of a type of which enough runs are known."""
    usual = facts.usual.get(job.type.raw)
    running_s = facts.seconds_since(runs_since(job))
    if usual is None or usual.runs < LEAST_RUNS or running_s is None:
        return None
    if running_s < LEAST_S or running_s <= TIMES * usual.p99_s:
        return None
    times = running_s / usual.p99_s if usual.p99_s else 0.0
    return Verdict(
        Code.SLOW,
        Severity.WARNING,
        f"running {age(running_s)}, {times:.1f} times what 99 of 100 runs of {name(job.type)} take "
        f"({limit(usual.p99_s)}, of {counted(usual.runs, 'run')})",
        {
            "running_s": round(running_s, 3),
            "p99_s": usual.p99_s,
            "p50_s": usual.p50_s,
            "runs": usual.runs,
            "limit_s": facts.limits.run_limit_s(job.queue.raw, job.type.raw),
        },
        _step(job, facts),
    )


def _step(job: Job, facts: Facts) -> str:
    """Return where the log of the run is; stores of other products keep no such log."""
    if not facts.capabilities.native:
        return "look at the log of its worker"
    return f"look at what it logs: {command('logs', names=[job.id], way=facts.access.reading)}"
