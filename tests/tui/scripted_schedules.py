"""Schedules of a bad night, and acts on them that are only noted down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from queuetui.model.access import OWN
from queuetui.model.act import JobRef, Outcome, Result, Verb
from queuetui.model.limits import Limits
from queuetui.model.schedule import JobPattern, Schedule, ScheduleReading, ScheduleSpec, Timing
from queuetui.model.schedule_info import ScheduleInfo
from queuetui.model.state import State
from queuetui.monitor.schedules import describe_schedules
from queuetui.operate.report import Report

if TYPE_CHECKING:
    from tests.tui.scripted import ScriptedFeed


def make_schedules(now: datetime, last_job_id: str) -> tuple[ScheduleInfo, ...]:
    """Return four schedules: one on time, one overdue, one paused, one that code declared and has not run."""

    def schedule(name: str, timing: Timing, next_in_s: float, **fields: Any) -> Schedule:
        spec = ScheduleSpec(name, timing, JobPattern("SendReport", queue="reports"))
        return Schedule(spec, 1, now + timedelta(seconds=next_in_s), **fields)

    hourly = schedule("hourly-sync", Timing("0 * * * *"), 533, last_slot_at=now - timedelta(minutes=51))
    found = (
        replace(hourly, last_job_id=last_job_id, last_state=State.COMPLETED),
        schedule(
            "nightly-report",
            Timing("30 2 * * 1-5", tz="Europe/Berlin"),
            -3600,
            last_slot_at=now - timedelta(days=3),
            last_job_id="0195a3f0-9c00-7000-8000-00000000ffff",
            last_state=State.FAILED,
        ),
        schedule("ping", Timing(every_s=90), -30, paused_at=now - timedelta(hours=2), paused_by="ana@ops-1"),
        schedule("month-end", Timing("@monthly"), 86400 * 9, declared=True),
    )
    return describe_schedules(ScheduleReading(now, found), (), Limits(), OWN)


class ScriptedSchedules:
    """Notes what was asked for; pausing shows on the feed."""

    def __init__(self, feed: ScriptedFeed) -> None:
        self.feed = feed
        self.asked: list[tuple[str, str, int | None]] = []

    def run_now(self, name: str, rev: int | None = None) -> Report:
        """Note a run."""
        return self._note(Verb.RUN, name, rev)

    def remove(self, name: str, rev: int | None = None) -> Report:
        """Take a schedule off the feed."""
        self.feed.schedules = tuple(one for one in self.feed.schedules if one.name.raw != name)
        return self._note(Verb.UNSCHEDULE, name, rev)

    def set_paused(self, name: str, *, paused: bool, rev: int | None = None) -> Report:
        """Note a pause or its end."""
        return self._note(Verb.PAUSE if paused else Verb.RESUME, name, rev)

    def _note(self, verb: Verb, name: str, rev: int | None) -> Report:
        self.asked.append((verb.value, name, rev))
        return Report(verb, "act", (Result(JobRef("scripted", name, str(rev)), Outcome.DONE),))
