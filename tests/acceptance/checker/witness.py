"""I17 and I18: what a witness saw of reading sessions and of the way to the disk."""

from __future__ import annotations

from tests.acceptance.checker.history import History
from tests.acceptance.checker.report import Report

HARMLESS_LOCKS = frozenset({"", "AccessShareLock", "virtualxid"})


def check_views(history: History, report: Report) -> None:
    """I17: a session that only looks writes nothing and takes no lock that anybody could wait for."""
    for event in history.of_kind.get("view", ()):
        report.examined["I17"] += 1
        if event.count:
            report.blame("I17", f"looking wrote {event.count} times", (), event.detail)
        if event.detail not in HARMLESS_LOCKS:
            report.blame("I17", f"looking took {event.detail}")


def check_durability(history: History, report: Report) -> None:
    """I18: where the way to the disk was traced, every acknowledged job was flushed before its client was told."""
    if not history.setup.traced:
        return
    flushed = {event.job_id: event.boot_ns for event in reversed(history.of_kind.get("durable", ()))}
    for job_id, calls in history.enqueues.items():
        for call in calls:
            if call.answer is None or call.phase != "ok" or call.answer.outcome == "duplicate":
                continue
            report.examined["I18"] += 1
            at_ns = flushed.get(job_id)
            if at_ns is None or at_ns > call.answer.boot_ns:
                told = (
                    "never seen flushed"
                    if at_ns is None
                    else f"flushed {(at_ns - call.answer.boot_ns) / 1e6:.1f} ms later"
                )
                report.blame("I18", "acknowledged before it was flushed", [job_id], told)
