"""Judges the queues and the workers of a snapshot."""

from __future__ import annotations

from collections.abc import Callable

from queuetui.model.picture import Warned
from queuetui.model.snapshot import QueueInfo
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis import clock_skew
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.queues import (
    backlog_growing,
    busy_but_dead,
    dead_letters_in_all,
    dead_letters_over,
    oldest_too_old,
    rates_over,
    retry_storm,
    standstill,
    unattended,
)
from queuetui.monitor.diagnosis.workers import memory_growth, stale, wrong_version

QueueRule = Callable[[QueueInfo, Facts], Verdict | None]
WorkerRule = Callable[[WorkerInfo, Facts], Verdict | None]

QUEUE_RULES: tuple[QueueRule, ...] = (
    unattended.judge,
    standstill.judge,
    busy_but_dead.judge,
    retry_storm.judge,
    oldest_too_old.judge,
    backlog_growing.judge,
    dead_letters_over.judge,
)
WORKER_RULES: tuple[WorkerRule, ...] = (
    stale.judge,
    clock_skew.judge_worker,
    memory_growth.judge,
    wrong_version.judge,
)


def judge_around(facts: Facts) -> tuple[Warned, ...]:
    """Return the verdicts about all queues and workers, the gravest first."""
    queues = [Warned("queue", queue.name, one) for queue in facts.queues.values() for one in judge_queue(queue, facts)]
    workers = [Warned("worker", worker.place, one) for worker in facts.workers for one in judge_worker(worker, facts)]
    in_all = dead_letters_in_all.judge(facts)
    whole = [] if in_all is None else [Warned("store", Untrusted("all queues"), in_all)]
    return tuple(sorted((*queues, *workers, *whole), key=lambda one: -one.verdict.severity))


def judge_queue(queue: QueueInfo, facts: Facts) -> tuple[Verdict, ...]:
    """Return the verdicts about a queue; empty if nothing is wrong."""
    found = [verdict for rule in QUEUE_RULES if (verdict := rule(queue, facts)) is not None]
    return (*found, *rates_over.judge_all(queue, facts))


def judge_worker(worker: WorkerInfo, facts: Facts) -> tuple[Verdict, ...]:
    """Return the verdicts about a worker; empty if nothing is wrong."""
    return tuple(verdict for rule in WORKER_RULES if (verdict := rule(worker, facts)) is not None)
