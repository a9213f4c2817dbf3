"""A due job that a limit of its queue keeps from being claimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.claim_rules import MOST_AT_ONCE, ClaimLimit, RulesInUse
from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, command, name


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a due job; if several limits are reached, the one of the queue is told."""
    use = facts.rules.get(job.queue.raw)
    if use is None:
        return None
    if use.problem:
        return _explain_unreadable(job, facts)
    holding = (one for one in use.rules.limits if one.type in {None, job.type.raw} and use.is_reached(one))
    limit = next(holding, None)
    return None if limit is None else _explain(job, facts, use, limit)


def _explain_unreadable(job: Job, facts: Facts) -> Verdict:
    return Verdict(
        Code.RULES_UNREADABLE,
        Severity.WARNING,
        f"the stored limits of queue {name(job.queue)} cannot be read, so no worker takes a job from it",
        {"queue": name(job.queue)},
        f"clear them: {command('queues', 'limit', '--clear', names=[job.queue], way=facts.access.way_to(Verb.LIMIT))}",
    )


def _explain(job: Job, facts: Facts, use: RulesInUse, limit: ClaimLimit) -> Verdict:
    place = limit.type or ""
    whose = f"queue {name(job.queue)}" if limit.type is None else f"type {name(job.type)} in {name(job.queue)}"
    opens_at = use.opens_at.get(place)
    set_by = name(Untrusted(limit.set_by))
    evidence: dict[str, object] = {
        "queue": name(job.queue),
        "due_s": round(facts.seconds_since(job.scheduled_at) or 0.0, 3),
        "limit": limit.describe(),
        "limit_of": "queue" if limit.type is None else "type",
        "set_by": set_by,
        "set_at": None if limit.set_at is None else to_text(limit.set_at),
    }
    if opens_at is not None and limit.rate is not None:
        evidence |= {"begun": use.begun.get(place, 0), "opens_at": to_text(opens_at)}
        held = f"{use.begun.get(place, 0)} of {limit.rate.describe()} have begun, more may in {_until(opens_at, facts)}"
        raised = ("--rate", replace(limit.rate, count=_twice(limit.rate.count)).describe())
    else:
        evidence["processing"] = use.running.get(place, 0)
        held = f"{use.running.get(place, 0)} of {limit.concurrency} are processed"
        raised = ("--concurrency", str(_twice(limit.concurrency or 1)))
    of_type = () if limit.type is None else ("--type", job.type)
    return Verdict(
        Code.LIMIT_REACHED,
        Severity.INFO,
        f"{whose} is at its limit, set by {set_by}: {held}",
        evidence,
        f"wait, or raise it: {command('queues', 'limit', *of_type, *raised, names=[job.queue], way=facts.access.way_to(Verb.LIMIT))}",
    )


def _twice(most: int) -> int:
    return min(2 * most, MOST_AT_ONCE)


def _until(at: datetime, facts: Facts) -> str:
    return age((at - facts.now).total_seconds())
