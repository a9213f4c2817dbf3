"""I4: runs of a job never overlap, but for the cases that are promised no better, which are counted by the fault behind them."""

from __future__ import annotations

from tests.acceptance.checker.faults import CRASH, PAUSE, Fault
from tests.acceptance.checker.history import History
from tests.acceptance.checker.leases import LATE, SECOND_NS
from tests.acceptance.checker.report import Report
from tests.acceptance.checker.runs import Run

PAST_ITS_LIMIT = "Timeout"
BELOW_A = frozenset({"restart"})


def check_overlaps(history: History, report: Report) -> None:
    """Compare each run with the one that was to end last before it."""
    for job_id, runs in history.runs.items():
        report.examined["I4"] += len(runs)
        last: Run | None = None
        for run in runs:
            if last is not None and run.start.boot_ns < last.end_ns:
                _judge(history, report, job_id, last, run)
            if last is None or run.end_ns > last.end_ns:
                last = run


def _judge(history: History, report: Report, job_id: str, earlier: Run, later: Run) -> None:
    kind, allowed = classify(history, job_id, earlier, later)
    report.overlaps[kind] += 1
    if not allowed:
        over_s = (min(earlier.end_ns, later.end_ns) - later.start.boot_ns) / SECOND_NS
        told = f"fences {earlier.fence} ({earlier.how}) and {later.fence}, {over_s:.3f} s, class {kind}"
        report.blame("I4", "two runs at once", [job_id], told)


def classify(history: History, job_id: str, earlier: Run, later: Run) -> tuple[str, bool]:
    """Return the class of an overlap and whether it is one that may be."""
    setup, start = history.setup, earlier.start
    begin_ns, end_ns = start.boot_ns, min(earlier.end_ns, later.end_ns)
    near = [fault for fault in history.faults if fault.concerns(start.pid, start.worker, begin_ns, end_ns)]
    frozen = [fault for fault in near if fault.fault == PAUSE and _is_over_lease(fault, setup.lease_s)]
    threads = setup.isolation == "thread"
    if frozen:
        grace_ns = round(setup.pause_grace_s * SECOND_NS)
        woken_ns = max(fault.end_ns for fault in frozen)
        return PAUSE, threads or earlier.end_ns <= woken_ns + grace_ns
    attempt = next((one for one in history.attempts(job_id) if one.fence == earlier.fence), None)
    killed = earlier.how == "killed"
    if threads and attempt is not None and not killed:
        if attempt.outcome in LATE:
            return "thread: lease lost", True
        if attempt.error_class == PAST_ITS_LIMIT:
            return "thread: past its limit", True
    classes = [fault.fault for fault in near if fault.fault != CRASH] or [fault.fault for fault in near]
    kind = classes[-1] if classes else "none"
    return kind, setup.grade != "A" and kind in BELOW_A


def _is_over_lease(fault: Fault, lease_s: float) -> bool:
    return fault.end_ns - fault.begin_ns >= lease_s * SECOND_NS * 0.5
