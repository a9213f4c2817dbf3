"""The schedules of a backend as people see them, each with its verdict."""

from __future__ import annotations

from collections.abc import Iterable

from queuetui.model.limits import Limits
from queuetui.model.schedule import Schedule, ScheduleReading
from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.schedule_overdue import judge_schedule


def describe_schedules(
    reading: ScheduleReading, workers: Iterable[WorkerInfo], limits: Limits
) -> tuple[ScheduleInfo, ...]:
    """Return the schedules of a reading, judged at its time."""
    known = tuple(workers)
    return tuple(_describe(schedule, reading, known, limits) for schedule in reading.schedules)


def _describe(
    schedule: Schedule, reading: ScheduleReading, workers: tuple[WorkerInfo, ...], limits: Limits
) -> ScheduleInfo:
    spec = schedule.spec
    return ScheduleInfo(
        name=Untrusted(spec.name),
        rev=schedule.rev,
        cron=None if spec.timing.cron is None else Untrusted(spec.timing.cron),
        every_s=spec.timing.every_s,
        tz=Untrusted(spec.timing.tz),
        type=Untrusted(spec.job.type),
        queue=Untrusted(spec.job.queue),
        payload=Untrusted(spec.job.payload),
        overlap=spec.overlap,
        missed=spec.missed,
        grace_s=spec.grace_s,
        declared=schedule.declared,
        next_at=schedule.next_at,
        last_slot_at=schedule.last_slot_at,
        last_job_id=schedule.last_job_id,
        last_state=schedule.last_state,
        paused_at=schedule.paused_at,
        paused_by=None if schedule.paused_by is None else Untrusted(schedule.paused_by),
        verdict=judge_schedule(schedule, reading.now, workers, limits),
    )
