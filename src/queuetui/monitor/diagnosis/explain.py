"""Picks the rule that explains a job."""

from __future__ import annotations

from collections.abc import Callable

from queuetui.model.job import Job
from queuetui.model.state import PUT_OFF, State
from queuetui.model.stuck import is_due
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis import (
    blocked,
    blocked_by,
    claims_held,
    clock_skew,
    ended,
    healthy,
    limit_reached,
    no_consumer,
    no_handler,
    no_tagged_worker,
    not_due,
    orphaned,
    over_limit,
    overdue,
    queue_paused,
    slow,
    starved,
    waiting,
    will_fail,
)
from queuetui.monitor.diagnosis.facts import Facts

Rule = Callable[[Job, Facts], Verdict | None]

RULES: dict[State, tuple[Rule, ...]] = {
    State.SCHEDULED: (blocked.judge_id, will_fail.judge, no_handler.judge, not_due.judge),
    State.RETRYING: (blocked.judge_id, will_fail.judge, no_handler.judge, not_due.judge),
    State.PENDING: (
        blocked.judge_id,
        will_fail.judge,
        queue_paused.judge,
        blocked_by.judge_lock,
        no_consumer.judge,
        no_tagged_worker.judge,
        no_handler.judge,
        claims_held.judge,
        limit_reached.judge,
        starved.judge,
        waiting.judge,
    ),
    State.PROCESSING: (orphaned.judge, over_limit.judge, slow.judge, healthy.judge),
    State.BLOCKED: (blocked_by.judge_dependency, blocked.judge),
    State.COMPLETED: (ended.judge,),
    State.FAILED: (ended.judge,),
    State.CANCELLED: (ended.judge,),
}


def explain(job: Job, facts: Facts) -> Verdict:
    """Return the first verdict of the rules for the job's state, which are asked in order of gravity.

    If the job is overdue, the verdict tells that with the cause. A stored time in the future is told if nothing graver is found, or
    if no cause is known.
    """
    verdict = _first(job, facts)
    if not verdict.stuck:
        verdict = overdue.judge(job, facts, verdict) or verdict
    is_explained = verdict.severity > Severity.INFO and verdict.code is not Code.WAITING
    return verdict if is_explained else clock_skew.judge(job, facts) or verdict


def _first(job: Job, facts: Facts) -> Verdict:
    """Return the verdict of the first rule that applies; the last rule of each state always does."""
    for rule in RULES[_state_at(job, facts)]:
        verdict = rule(job, facts)
        if verdict is not None:
            return verdict
    message = f"no rule explains a job in state {job.state}"
    raise AssertionError(message)


def _state_at(job: Job, facts: Facts) -> State:
    """Return the state whose rules judge a job.

    A scheduled or retrying job that is due is judged as a pending one: a worker would promote it, but none may be running.
    """
    return State.PENDING if job.state in PUT_OFF and is_due(job, facts.now) else job.state
