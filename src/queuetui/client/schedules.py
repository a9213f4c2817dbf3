"""Makes the specification of a recurring job from the arguments of `Queue.schedule`."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from queuetui.client.new_job import JobOptions, make_job
from queuetui.model.duration import read_span_s, read_whole_s
from queuetui.model.errors import Conflict
from queuetui.model.handler import Handler
from queuetui.model.names import read_flag, read_text, shown
from queuetui.model.schedule import DAY_S, JobPattern, Missed, ScheduleSpec, Timing

_OF_ONE_JOB = frozenset({"id", "delay", "at", "idempotency_key", "correlation_id"})


class Recurrence(TypedDict, total=False):
    """When a job recurs: by `cron` in the zone `tz`, or `every` so many whole seconds or a timedelta.

    `missed` is latest, skip or all; `grace` is how old a missed slot may be; `overlap` False skips slots while the last job is unfinished.
    """

    cron: str
    tz: str
    every: int | timedelta
    overlap: bool
    missed: str
    grace: float | timedelta


_KNOWN = frozenset(Recurrence.__annotations__)


def make_spec(
    name: str, job_type: str | Handler, payload: object, recurrence: Recurrence, options: JobOptions
) -> ScheduleSpec:
    """Return the specification of a schedule.

    Raises ValueError for an invalid argument, Conflict for an option that makes sense for a single job only.
    """
    from queuetui.timetable import check_spec

    if meant_for_one := _OF_ONE_JOB & options.keys():
        raise Conflict(f"{', '.join(sorted(meant_for_one))} is of one job, and a schedule makes many; leave it out")
    timing = _read_timing(recurrence)
    job = make_job(job_type, payload, options)
    pattern = JobPattern(
        job.type,
        job.payload.decode(),
        job.queue,
        job.name,
        job.priority,
        job.max_attempts,
        job.tags,
        job.needs,
        job.timeout_s,
    )
    missed = Missed(recurrence.get("missed", Missed.LATEST))
    spec = ScheduleSpec(
        read_text(name, "the name of a schedule"),
        timing,
        pattern,
        read_flag(recurrence.get("overlap", True), "overlap"),
        missed,
        read_span_s(recurrence.get("grace", DAY_S), "the grace"),
    )
    check_spec(spec)
    return spec


def _read_timing(recurrence: Recurrence) -> Timing:
    given: object = recurrence
    if not isinstance(given, dict) or not _KNOWN.issuperset(given):
        raise TypeError(f"recurring is {shown(given)}; give a dict of {', '.join(sorted(_KNOWN))}")
    every, cron = recurrence.get("every"), recurrence.get("cron")
    if (every is None) == (cron is None):
        raise ValueError("a recurring job needs cron or every, and not both")
    return Timing(
        None if cron is None else read_text(cron, "cron"),
        None if every is None else read_whole_s(every, "every"),
        read_text(recurrence.get("tz", "UTC"), "tz"),
    )
