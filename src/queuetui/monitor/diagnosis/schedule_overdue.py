"""A schedule whose slot passed without a job: no worker is alive, or none can read the schedule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from queuetui.model.access import Access
from queuetui.model.act import Verb
from queuetui.model.clock import to_text
from queuetui.model.counted import counted
from queuetui.model.limits import Limits, is_live
from queuetui.model.schedule import KeptSchedule, Schedule
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.words import age, command, name, worker_of_app


def judge_schedule(
    schedule: Schedule, now: datetime, workers: Iterable[WorkerInfo], limits: Limits, access: Access
) -> Verdict:
    """Judge a schedule by its next slot and the workers that could take it."""
    if schedule.paused_at is not None:
        by = name(None if schedule.paused_by is None else Untrusted(schedule.paused_by))
        return Verdict(
            Code.SCHEDULE_PAUSED,
            Severity.INFO,
            f"paused by {by} {age((now - schedule.paused_at).total_seconds())} ago",
            {"paused_at": to_text(schedule.paused_at)},
            command("schedules", "resume", names=[Untrusted(schedule.spec.name)], way=access.way_to(Verb.SCHEDULE)),
        )
    late_s = (now - schedule.next_at).total_seconds()
    evidence: dict[str, object] = {"next_at": to_text(schedule.next_at)}
    if late_s <= limits.schedule_late_s:
        return Verdict(Code.ON_SCHEDULE, Severity.OK, f"next slot {_when(late_s)}", evidence, "none needed")
    live = sum(is_live(worker, now, limits) for worker in workers)
    evidence |= {"late_s": round(late_s, 3), "live_workers": live}
    if live:
        why = f"{counted(live, 'live worker')} did not make its job"
        step = "look for schedule_unreadable in the workers' logs, or for a worker of an older version"
    else:
        why, step = "no worker is live", worker_of_app(access)
    return Verdict(
        Code.SCHEDULE_OVERDUE, Severity.WARNING, f"its slot passed {age(late_s)} ago and {why}", evidence, step
    )


def judge_kept(schedule: KeptSchedule, next_at: datetime | None, now: datetime, limits: Limits) -> Verdict:
    """Judge a schedule of another product by its next slot and the stored time of its last one."""
    last_at = schedule.last_at
    evidence: dict[str, object] = {
        name: to_text(at) for name, at in (("next_at", next_at), ("last_at", last_at)) if at is not None
    }
    if schedule.paused:
        step = "resume it in the application, if it is meant to run"
        return Verdict(Code.SCHEDULE_PAUSED, Severity.INFO, "it is paused, or has ended", evidence, step)
    if next_at is None:
        ran = "" if last_at is None else f"; it last ran {age((now - last_at).total_seconds())} ago"
        return Verdict(Code.SCHEDULE_UNKNOWN, Severity.INFO, f"when it is next is not stored{ran}", evidence)
    late_s = (now - next_at).total_seconds()
    if late_s <= limits.schedule_late_s + schedule.told_within_s:
        return Verdict(Code.ON_SCHEDULE, Severity.OK, f"next slot {_when(late_s)}", evidence, "none needed")
    evidence |= {"late_s": round(late_s, 3)}
    why = f"its slot passed {age(late_s)} ago and nothing took it"
    step = "start what runs the schedules of its application, or look at that one's log"
    return Verdict(Code.SCHEDULE_OVERDUE, Severity.WARNING, why, evidence, step)


def _when(late_s: float) -> str:
    return "is due" if late_s >= 0 else f"in {age(-late_s)}"
