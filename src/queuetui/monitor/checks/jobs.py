"""Checks the jobs: stuck ones, due ones without a worker, and types that no worker has a handler for."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.model.access import Access
from queuetui.model.counted import counted
from queuetui.model.examination import Check, Finding, Level
from queuetui.model.job import Job
from queuetui.model.measured import Exactness, Measured
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, command, name, start_worker

MOST_NAMED = 5


def judge_stuck(stuck: Measured[int], access: Access) -> Finding | None:
    """Judge the number of stuck jobs; None if the store cannot tell it."""
    if stuck.value is None:
        return None
    evidence: dict[str, object] = {"stuck": stuck.value, "exactness": stuck.exactness.value}
    if not stuck.value:
        return Finding(Check.STUCK, Level.OK, "no job is stuck", evidence)
    least = "at least " if stuck.exactness is Exactness.CAPPED else ""
    story = f"{least}{counted(stuck.value, 'job')} stuck"
    return Finding(
        Check.STUCK, Level.WARNING, story, evidence, f"see why: {command('jobs', 'is:stuck', way=access.reading)}"
    )


def judge_due(facts: Facts) -> Finding:
    """Judge whether queues with due jobs have no live worker that listens to them."""
    alone = [queue for queue in facts.queues.values() if queue.name.raw in facts.unconsumed and not queue.is_paused]
    waiting = sorted(
        ((_due_s(queue, facts), queue) for queue in alone if _has_due(queue, facts)), key=lambda one: -one[0]
    )
    evidence: dict[str, object] = {"queues": [f"{name(one.name)}: due for {age(due_s)}" for due_s, one in waiting]}
    if not waiting:
        return Finding(Check.DUE, Level.OK, "every queue with due jobs has a worker", evidence)
    longest_s, queue = waiting[0]
    more = f" and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    story = f"jobs of {name(queue.name)}{more} are due for up to {age(longest_s)} and no live worker listens"
    level = Level.CRITICAL if longest_s > facts.limits.stuck_after_s else Level.WARNING
    return Finding(Check.DUE, level, story, evidence, start_worker(queue.name, facts))


def _has_due(queue: QueueInfo, facts: Facts) -> bool:
    """Tell whether jobs are due; if the store keeps no due times, all waiting jobs are."""
    if queue.oldest_due_at is not None:
        return _due_s(queue, facts) > 0
    return bool(queue.counts.get(State.PENDING, Measured(0)).value)


def _due_s(queue: QueueInfo, facts: Facts) -> float:
    return facts.seconds_since(queue.oldest_due_at) or 0.0


def judge_handlers(jobs: Sequence[Job], facts: Facts) -> Finding:
    """Judge whether waiting jobs have types that no live worker on their queue has a handler for.

    A worker that names no types takes jobs of all types.
    """
    unknown = sorted({str(name(job.type)) for job in jobs if _is_unknown(job, facts)})
    evidence: dict[str, object] = {"looked_at": len(jobs), "unknown": unknown[:MOST_NAMED]}
    if not unknown:
        return Finding(
            Check.HANDLERS,
            Level.OK,
            f"no live worker leaves a type of {counted(len(jobs), 'waiting job')} aside",
            evidence,
        )
    story = f"no live worker takes the type {', '.join(unknown[:MOST_NAMED])}"
    return Finding(
        Check.HANDLERS,
        Level.WARNING,
        story,
        evidence,
        f"start a worker that knows it, or name its application: {command('worker', '--app', 'MODULE', way=facts.access.working)}",
    )


def _is_unknown(job: Job, facts: Facts) -> bool:
    listening = facts.listeners(job.queue.raw)
    return bool(listening) and not any(worker.may_know(job.type.raw) for worker in listening)
