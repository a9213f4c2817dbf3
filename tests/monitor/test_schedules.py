"""When a schedule is overdue, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.access import OWN
from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.schedule import JobPattern, Schedule, ScheduleReading, ScheduleSpec, Timing
from queuetui.model.snapshot import Part, Watch
from queuetui.model.verdict import Code, Severity
from queuetui.model.worker import WorkerCard
from queuetui.monitor.diagnosis.schedule_overdue import judge_schedule
from queuetui.monitor.feed import Feed
from tests.monitor.pictures import NOW

LIMITS = Limits(schedule_late_s=60)
SCHEDULE = Schedule(ScheduleSpec("a b", Timing(every_s=60), JobPattern("Send")), 1, NOW)


@pytest.mark.parametrize(
    ("late_s", "code"),
    [(-240, Code.ON_SCHEDULE), (0, Code.ON_SCHEDULE), (60, Code.ON_SCHEDULE), (61, Code.SCHEDULE_OVERDUE)],
)
def test_a_slot_may_be_a_little_late(late_s: float, code: Code) -> None:
    """Within the limit nothing is wrong, beyond it the schedule is overdue."""
    verdict = judge_schedule(replace(SCHEDULE, next_at=NOW - timedelta(seconds=late_s)), NOW, (), LIMITS, OWN)
    assert verdict.code is code
    assert verdict.severity is (Severity.WARNING if code is Code.SCHEDULE_OVERDUE else Severity.OK)
    assert not verdict.stuck


def test_a_paused_schedule_is_never_overdue() -> None:
    """What a person paused says by whom and how it goes on."""
    paused = replace(SCHEDULE, next_at=NOW - timedelta(days=3), paused_at=NOW - timedelta(hours=2), paused_by="ana")
    verdict = judge_schedule(paused, NOW, (), LIMITS, OWN)
    assert (verdict.code, verdict.summary) == (Code.SCHEDULE_PAUSED, "paused by ana 2 h ago")
    assert verdict.next == "queuetui schedules resume 'a b'"


def backend_with(reading: ScheduleReading) -> MemoryBackend:
    """Return a store at NOW that holds the schedules of a reading."""
    backend = MemoryBackend(MemoryStore(clock=lambda: NOW), BackendOptions())
    backend.store.schedules = {one.spec.name: one for one in reading.schedules}
    return backend


def test_the_feed_judges_schedules_by_the_workers() -> None:
    """An overdue schedule says whether any worker lives; a picture without the part has none."""
    overdue = replace(SCHEDULE, next_at=NOW - timedelta(minutes=7))
    backend = backend_with(ScheduleReading(NOW, (overdue,)))
    feed = Feed(backend, LIMITS)
    watch = Watch(parts=frozenset({Part.SCHEDULES}))
    (alone,) = feed.poll(watch).schedules
    assert alone.verdict.summary == "its slot passed 7 m ago and no worker is live"
    assert (alone.is_overdue, alone.verdict.next) == (
        True,
        "start a worker with the module that declares its jobs: queuetui worker --app MODULE",
    )
    backend.jobs.register(WorkerCard("w1", "web-1", 4411, "0.1.0", ("mail",), 9))
    (watched,) = feed.poll(watch).schedules
    assert watched.verdict.summary == "its slot passed 7 m ago and 1 live worker did not make its job"
    assert feed.poll(Watch(parts=frozenset())).schedules == ()


def test_schedules_that_cannot_be_read_leave_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A schedule of a newer version is a problem of that part alone."""
    backend = backend_with(ScheduleReading(NOW, (SCHEDULE,)))

    def refuse() -> ScheduleReading:
        raise BadConfig("a stored schedule cannot be read", "schedule")

    monkeypatch.setattr(backend.schedules, "schedules", refuse)
    picture = Feed(backend, LIMITS).poll(Watch())
    assert picture.problems == {"schedules": "a stored schedule cannot be read"}
    assert picture.snapshot.now == NOW
