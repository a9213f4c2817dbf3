"""How well the queues run, by one picture."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.model.examination import Check, Finding, Level
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.picture import Picture, Warned
from queuetui.model.rates import RecentRuns, TallyMinute
from queuetui.model.snapshot import QueueInfo, Snapshot
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.health import Status, describe_health, judge_health
from tests.monitor.pictures import LIMITS, NOW, worker

MAIL = QueueInfo(
    Untrusted("mail"),
    {State.PENDING: Measured(90), State.RETRYING: Measured(4), State.SCHEDULED: Measured(1_000)},
    Measured(0),
    oldest_due_at=NOW - timedelta(seconds=90),
    recent=RecentRuns(done_per_minute=12.0, completed=60, failed=20, retried=5, runs=85, busy_s=170.0),
)
RUNNING = {State.PROCESSING: Measured(3)}


def picture(*findings: Finding) -> Picture:
    """Return a picture of one queue, with a worker that lives and one that does not."""
    tally = (TallyMinute(NOW.replace(second=0, microsecond=0), completed=30, failed=10, busy_s=80.0, runs=40),)
    snapshot = Snapshot(
        "shop",
        NOW,
        RUNNING,
        Measured(0),
        Measured(94),
        Measured(2.0),
        queues=(MAIL,),
        workers=(worker("mail"), worker("mail", silent_s=300, worker_id="w2")),
        tally=tally,
    )
    return Picture(snapshot, findings=findings)


def found(severity: Severity) -> Warned:
    """Return what a rule said of the queue."""
    return Warned("queue", MAIL.name, Verdict(Code.BACKLOG_GROWING, severity, "it grows", {"pending": 94}))


def test_the_document_has_the_promised_figures() -> None:
    """Depth is what waits for a worker, ratios are 0 to 1, ages in seconds, and the whole is JSON."""
    health = describe_health(judge_health(picture(), LIMITS))
    assert health["queues"]["mail"] == {
        "depth": 94,
        "depthExactness": "exact",
        "processingRate": 12.0,
        "errorRate": 0.25,
        "oldestSeconds": 90.0,
        "paused": False,
    }
    assert health["processingStats"] == {
        "totalJobsProcessed": 40,
        "activeJobs": 3,
        "activeJobsExactness": "exact",
        "averageProcessingTime": 2.0,
        "errorRate": 0.25,
    }
    assert health["workers"] == {"live": 1, "registered": 2}
    assert (health["status"], health["findings"]) == ("healthy", [])
    assert json.loads(json.dumps(health)) == health


@pytest.mark.parametrize(
    ("severities", "status"),
    [
        ([], Status.HEALTHY),
        ([Severity.OK, Severity.INFO], Status.HEALTHY),
        ([Severity.INFO, Severity.WARNING], Status.DEGRADED),
        ([Severity.CRITICAL, Severity.WARNING], Status.UNHEALTHY),
    ],
)
def test_the_worst_finding_decides(severities: list[Severity], status: Status) -> None:
    """Any critical finding is unhealthy, any warning degraded; the worst is told first."""
    health = judge_health(replace(picture(), warnings=tuple(map(found, severities))), LIMITS)
    assert health.status is status
    assert [one.severity for one in health.findings] == sorted(severities, reverse=True)


@pytest.mark.parametrize(
    ("level", "status"),
    [
        (Level.UNKNOWN, Status.HEALTHY),
        (Level.WARNING, Status.DEGRADED),
        (Level.CRITICAL, Status.UNHEALTHY),
    ],
)
def test_what_is_wrong_with_the_store_counts(level: Level, status: Status) -> None:
    """A finding of the store's own condition is one of the findings."""
    health = judge_health(picture(Finding(Check.DURABILITY, level, "a commit may be lost")), LIMITS)
    assert health.status is status
    assert [one.subject for one in health.findings] == ["store"]


def test_what_a_store_does_not_keep_is_null() -> None:
    """A store without a tally tells no rates; a count that is not exact says what it is."""
    bare = replace(MAIL, counts={State.PENDING: Measured(9, Exactness.ESTIMATED)}, recent=None, oldest_due_at=None)
    snapshot = replace(picture().snapshot, queues=(bare,), counts={State.PROCESSING: absent("not kept")}, tally=())
    health = describe_health(judge_health(Picture(snapshot), LIMITS))
    assert health["queues"]["mail"] == {
        "depth": 9,
        "depthExactness": "estimated",
        "processingRate": None,
        "errorRate": None,
        "oldestSeconds": None,
        "paused": False,
    }
    assert health["processingStats"].pop("activeJobsExactness") == "absent"
    assert set(health["processingStats"].values()) == {None}
