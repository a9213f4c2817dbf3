"""I10 and I13: nothing starts before its time, and what may start does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tests.acceptance.checker.history import History
from tests.acceptance.checker.leases import SECOND_NS
from tests.acceptance.checker.report import Report
from tests.acceptance.checker.runs import NEVER_NS


def check_due(history: History, report: Report) -> None:
    """I10: no run begins before the earliest date that its client could have meant; not judged where dates were changed."""
    if any(fault.fault == "clock" for fault in history.faults):
        return
    for job_id, calls in history.enqueues.items():
        due_us = min(call.invoke.due_us for call in calls)
        runs = history.runs.get(job_id, ())
        if not due_us or not runs or history.done(job_id, "retry"):
            continue
        report.examined["I10"] += 1
        early_us = due_us - runs[0].start.wall_ns // 1000
        if early_us > 0:
            report.blame("I10", "started before its time", [job_id], f"{early_us / 1e6:.3f} s early")


def check_slots(history: History, report: Report) -> None:
    """I10: a slot of a schedule has one job."""
    slots: dict[str, set[str]] = defaultdict(set)
    for event in history.of_kind.get("slot", ()):
        slots[event.key].add(event.job_id)
    report.examined["I10"] += len(slots)
    for key, job_ids in slots.items():
        if len(job_ids) > 1:
            report.blame("I10", "several jobs of one slot", sorted(job_ids), key)


def check_liveness(history: History, report: Report) -> None:
    """I13: while nothing is done to them, workers never stand idle beside a runnable job for longer than recovery takes."""
    waits = sorted(_find_waits(history))
    report.examined["I13"] += len(waits)
    bound_ns = round(history.setup.recovery_s * SECOND_NS)
    for idle_since_ns, idle_until_ns in _find_idle(history):
        if idle_until_ns - idle_since_ns <= bound_ns:
            continue
        for runnable_ns, started_ns, job_id in waits:
            since_ns = max(runnable_ns, idle_since_ns)
            until_ns = min(started_ns, idle_until_ns)
            if until_ns - since_ns > bound_ns:
                told = f"runnable for {(until_ns - since_ns) / SECOND_NS:.1f} s beside idle workers"
                report.blame("I13", "not started", [job_id], told)
                break


def _find_waits(history: History) -> Iterator[tuple[int, int, str]]:
    """Yield since when each job could run, when it first did, and its id."""
    paused = {event.queue for event in history.of_kind.get("act", ()) if event.verb == "pause"}
    for job_id, calls in history.enqueues.items():
        answered = [call for call in calls if call.answer is not None and call.phase == "ok"]
        if not answered or answered[0].invoke.queue in paused or history.acts.get(job_id):
            continue
        answer, invoke = answered[0].answer, answered[0].invoke
        if answer is None or answer.holder not in {"", job_id}:
            continue
        put_off_ns = max(0, invoke.due_us * 1000 - invoke.wall_ns)
        runs = history.runs.get(job_id, ())
        yield answer.boot_ns + put_off_ns, runs[0].start.boot_ns if runs else NEVER_NS, job_id


def _find_idle(history: History) -> Iterator[tuple[int, int]]:
    """Yield the spans in which nothing ran and nothing was done to the run, up to the last event."""
    if not history.events:
        return
    busy = [(run.start.boot_ns, run.end_ns) for runs in history.runs.values() for run in runs]
    busy += [(fault.begin_ns, fault.end_ns) for fault in history.faults]
    idle_since_ns = history.events[0].boot_ns
    for begin_ns, end_ns in sorted(busy):
        if begin_ns > idle_since_ns:
            yield idle_since_ns, begin_ns
        idle_since_ns = max(idle_since_ns, end_ns)
    last_ns = history.events[-1].boot_ns
    if last_ns > idle_since_ns:
        yield idle_since_ns, last_ns
