"""The health of a store's queues, judged in one way for the command line, HTTP and alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.examination import Finding, Level
from queuetui.model.limits import Limits, is_live
from queuetui.model.measured import Measured, add_counts
from queuetui.model.picture import Picture, Warned
from queuetui.model.rates import RATE_MINUTES, RecentRuns, recent_in_all
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.state import State
from queuetui.model.text import sanitize
from queuetui.model.verdict import Severity
from queuetui.monitor.diagnosis.queues.rates_over import DEPTH_STATES
from queuetui.monitor.diagnosis.words import NAME_CAP

_SEVERITIES = {
    Level.OK: Severity.OK,
    Level.UNKNOWN: Severity.INFO,
    Level.WARNING: Severity.WARNING,
    Level.CRITICAL: Severity.CRITICAL,
}


class Status(StrEnum):
    """The overall status: unhealthy with any critical finding, degraded with any warning."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One fault of a queue, a worker or the store.

    `subject` is "queue", "worker" or "store"; `name` and the texts are safe to show.
    """

    subject: str
    name: str
    code: str
    severity: Severity
    summary: str
    evidence: Mapping[str, object]
    next: str = ""


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """The health of one queue.

    `depth` counts the jobs that wait for a worker: pending and retrying. `recent` is None if the store keeps no tally.
    """

    depth: Measured[int]
    recent: RecentRuns | None
    oldest_s: float | None
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """The health of a store by its own clock; `active` counts the jobs that are processing."""

    status: Status
    now: datetime
    backend: str
    queues: Mapping[str, QueueHealth]
    recent: RecentRuns | None
    active: Measured[int]
    workers: int
    live_workers: int
    findings: tuple[HealthFinding, ...]


def judge_health(picture: Picture, limits: Limits) -> Health:
    """Judge the health of a store by its picture."""
    snapshot = picture.snapshot
    findings = (*map(_of_store, picture.findings), *map(_of_warned, picture.warnings))
    rated = any(queue.recent is not None for queue in snapshot.queues)
    return Health(
        status_of(findings),
        snapshot.now,
        snapshot.backend,
        {queue.name.raw: _queue_health(queue, snapshot.now) for queue in snapshot.queues},
        recent_in_all(snapshot.tally, snapshot.now) if rated else None,
        snapshot.counts.get(State.PROCESSING, Measured(0)),
        len(snapshot.workers),
        _live(snapshot, limits),
        tuple(sorted(findings, key=lambda one: -one.severity)),
    )


def status_of(findings: Sequence[HealthFinding]) -> Status:
    """Return the overall status by the gravest finding."""
    worst = max((one.severity for one in findings), default=Severity.OK)
    if worst is Severity.CRITICAL:
        return Status.UNHEALTHY
    return Status.DEGRADED if worst is Severity.WARNING else Status.HEALTHY


def describe_health(health: Health) -> dict[str, Any]:
    """Return the health as programs read it; a figure that the store does not keep is null."""
    runs = health.recent
    return {
        "status": health.status.value,
        "timestamp": to_text(health.now),
        "backend": health.backend,
        "queues": {name: _describe_queue(queue) for name, queue in health.queues.items()},
        "processingStats": {
            "totalJobsProcessed": None if runs is None else runs.completed + runs.failed,
            "activeJobs": health.active.value,
            "activeJobsExactness": health.active.exactness.value,
            "averageProcessingTime": None if runs is None else runs.average_s,
            "errorRate": None if runs is None else runs.error_rate,
        },
        "workers": {"live": health.live_workers, "registered": health.workers},
        "findings": list(map(describe_health_finding, health.findings)),
        "measures": {
            "depth": {"of": "pending and retrying jobs"},
            "processingRate": {"minutes": RATE_MINUTES, "of": "completed jobs a minute, in whole minutes"},
            "errorRate": {"minutes": RATE_MINUTES, "of": "failed jobs among completed and failed ones, 0 to 1"},
            "averageProcessingTime": {"minutes": RATE_MINUTES, "of": "handler runs that ended, in seconds"},
            "totalJobsProcessed": {"minutes": RATE_MINUTES, "of": "completed and failed jobs"},
        },
    }


def describe_health_finding(finding: HealthFinding) -> dict[str, Any]:
    """Return a finding as programs read it."""
    return {
        "subject": finding.subject,
        "name": finding.name,
        "code": finding.code,
        "severity": finding.severity.name.lower(),
        "summary": finding.summary,
        "evidence": dict(finding.evidence),
        "next": finding.next or None,
    }


def _queue_health(queue: QueueInfo, now: datetime) -> QueueHealth:
    waiting = [queue.counts[state] for state in DEPTH_STATES if state in queue.counts]
    due = queue.oldest_due_at
    oldest_s = None if due is None else max(0.0, (now - due).total_seconds())
    return QueueHealth(add_counts(waiting), queue.recent, oldest_s, queue.is_paused)


def _describe_queue(queue: QueueHealth) -> dict[str, Any]:
    runs = queue.recent
    return {
        "depth": queue.depth.value,
        "depthExactness": queue.depth.exactness.value,
        "processingRate": None if runs is None else runs.done_per_minute,
        "errorRate": None if runs is None else runs.error_rate,
        "oldestSeconds": None if queue.oldest_s is None else round(queue.oldest_s, 3),
        "paused": queue.is_paused,
    }


def _live(snapshot: Snapshot, limits: Limits) -> int:
    return sum(is_live(worker, snapshot.now, limits) for worker in snapshot.workers)


def _of_warned(warned: Warned) -> HealthFinding:
    verdict = warned.verdict
    return HealthFinding(
        warned.subject,
        sanitize(warned.name, NAME_CAP),
        verdict.code.value,
        verdict.severity,
        verdict.summary,
        verdict.evidence,
        verdict.next,
    )


def _of_store(finding: Finding) -> HealthFinding:
    return HealthFinding(
        "store",
        finding.check.value,
        finding.check.value,
        _SEVERITIES[finding.level],
        finding.summary,
        finding.evidence,
        finding.next,
    )
