"""The schedules of a backend as they are shown, each with its verdict."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from queuetui.model.access import Access
from queuetui.model.schedule import KeptSchedule, Schedule, ScheduleReading, Timing
from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.text import Untrusted
from queuetui.monitor.diagnosis.schedule_overdue import judge_kept, judge_schedule

_EVERY = re.compile(r"every (?:(\d+) )?(minute|hour|day)s?(?: at (\d{1,2})(?::(\d\d))? ?(am|pm)?)?")

if TYPE_CHECKING:
    from queuetui.model.limits import Limits
    from queuetui.model.worker import WorkerInfo


def describe_schedules(
    reading: ScheduleReading, workers: Iterable[WorkerInfo], limits: Limits, access: Access
) -> tuple[ScheduleInfo, ...]:
    """Return the schedules of a reading, each judged at the time of the reading."""
    known = tuple(workers)
    own = (_describe(schedule, reading, known, limits, access) for schedule in reading.schedules)
    return (*own, *(_describe_kept(schedule, reading.now, limits) for schedule in reading.kept))


def _describe(
    schedule: Schedule, reading: ScheduleReading, workers: tuple[WorkerInfo, ...], limits: Limits, access: Access
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
        verdict=judge_schedule(schedule, reading.now, workers, limits, access),
    )


def _describe_kept(schedule: KeptSchedule, now: datetime, limits: Limits) -> ScheduleInfo:
    next_at = schedule.next_at
    if next_at is None and schedule.timing is not None and not schedule.paused:
        next_at = _slot_after(schedule.timing, schedule.tz, now.replace(second=0, microsecond=0))
    return ScheduleInfo(
        name=Untrusted(schedule.name),
        rev=0,
        cron=None if schedule.timing is None else Untrusted(schedule.timing),
        every_s=None,
        tz=Untrusted(schedule.tz),
        type=Untrusted(schedule.type),
        queue=None if schedule.queue is None else Untrusted(schedule.queue),
        payload=None if schedule.payload is None else Untrusted(schedule.payload),
        overlap=None,
        missed=None,
        grace_s=None,
        declared=None,
        next_at=None if schedule.paused else next_at,
        last_slot_at=schedule.last_at,
        last_job_id=schedule.last_job_id,
        last_state=schedule.last_state,
        paused_at=None,
        paused_by=None,
        verdict=judge_kept(schedule, next_at, now, limits),
        held=schedule.paused,
    )


def _cron_of(timing: str) -> str:
    """Return the cron expression for the simplest phrases of Rails schedules, such as Fugit accepts.

    Any other text is returned unchanged.
    """
    found = _EVERY.fullmatch(timing.strip().lower())
    if found is None:
        return timing
    number, unit, hour, minute, half = found.groups()
    step = "*" if number in (None, "1") else f"*/{number}"
    if hour is not None:
        at = int(hour) % 12 + 12 * (half == "pm") if half else int(hour)
        return f"{int(minute or 0)} {at} * * *" if unit == "day" and number is None else timing
    return {"minute": f"{step} * * * *", "hour": f"0 {step} * * *", "day": f"0 0 {step} * *"}[unit]


@lru_cache(maxsize=2_000)
def _slot_after(cron: str, tz: str, minute: datetime) -> datetime | None:
    """Return the first slot after `minute` of an expression that another product stores.

    The expression may end in a time zone. None if it is neither cron nor a phrase that `_cron_of` knows.
    """
    from queuetui.timetable import CRON_FIELDS, next_slot

    fields = _cron_of(cron).split()
    cron = " ".join(fields)
    if len(fields) == CRON_FIELDS + 1 and fields[-1][0].isalpha():
        cron, tz = " ".join(fields[:-1]), fields[-1]
    with suppress(ValueError):
        return next_slot(Timing(cron, tz=tz), minute)
    return None
