"""Depth, error rate, retries or run time of a queue are over the alarm's limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from queuetui.model.measured import add_counts
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.queues.retry_storm import is_storm
from queuetui.monitor.diagnosis.words import limit, list_jobs, name, number, share

# The states of the jobs that wait for a worker.
DEPTH_STATES = (State.PENDING, State.RETRYING)


def judge_all(queue: QueueInfo, facts: Facts) -> Iterator[Verdict]:
    """Yield a verdict for each figure of a queue over its limit; rates need a backend that keeps a tally."""
    limits, runs = facts.limits.alarms, queue.recent
    depth = add_counts([queue.counts[state] for state in DEPTH_STATES if state in queue.counts])
    if depth.value is not None and depth.value > limits.depth:
        story = f"{number(depth)} jobs wait in {name(queue.name)}"
        yield _over(
            Code.DEPTH_OVER,
            queue,
            facts,
            story,
            f"{limits.depth:,}",
            {"depth": depth.value, "limit": limits.depth},
            "pending,retrying",
        )
    if runs is None:
        return
    ended = {"completed": runs.completed, "failed": runs.failed, "minutes": RATE_MINUTES}
    if runs.error_rate is not None and runs.error_rate > limits.error_rate:
        story = (
            f"{share(runs.error_rate)} of the jobs of {name(queue.name)} that ended in {RATE_MINUTES} minutes failed"
        )
        yield _over(
            Code.ERROR_RATE_OVER,
            queue,
            facts,
            story,
            share(limits.error_rate),
            {**ended, "limit": limits.error_rate},
            "failed",
        )
    if runs.retry_rate is not None and runs.retry_rate > limits.retry_rate and not is_storm(runs):
        story = f"{share(runs.retry_rate)} of the runs of {name(queue.name)} in {RATE_MINUTES} minutes ended in another attempt"
        evidence = {**ended, "retried": runs.retried, "lost": runs.lost, "limit": limits.retry_rate}
        yield _over(Code.RETRY_RATE_OVER, queue, facts, story, share(limits.retry_rate), evidence, "retrying")
    if runs.average_s is not None and runs.average_s > limits.average_s:
        story = f"a run of {name(queue.name)} took {limit(runs.average_s)} on average in {RATE_MINUTES} minutes"
        evidence = {"average_s": round(runs.average_s, 3), "runs": runs.runs, "limit_s": limits.average_s}
        yield _over(Code.AVERAGE_OVER, queue, facts, story, limit(limits.average_s), evidence, "processing,completed")


def _over(
    code: Code, queue: QueueInfo, facts: Facts, story: str, most: str, evidence: Mapping[str, object], states: str
) -> Verdict:
    step = list_jobs(queue.name, f"state:{states}", facts)
    return Verdict(code, Severity.WARNING, f"{story}; the limit is {most}", evidence, step)
