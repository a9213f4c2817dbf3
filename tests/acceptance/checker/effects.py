"""I7: of a completed job one effect stands where the fence guards it, and at least one was made where nothing does."""

from __future__ import annotations

from itertools import pairwise

from tests.acceptance.checker.history import History, group
from tests.acceptance.checker.report import Report


def check_effects(history: History, report: Report) -> None:
    """Blame a completed job without an effect, and an older run's effect that was applied over a newer one's."""
    effects = group(history.of_kind.get("effect", ()), lambda event: event.job_id)
    if not effects:
        return
    for job in history.dump.jobs:
        if job.state != "completed":
            continue
        report.examined["I7"] += 1
        applied = [event for event in effects.get(job.id, ()) if event.outcome == "applied"]
        if not applied:
            report.blame("I7", "completed without its effect", [job.id])
        for one, other in pairwise(applied):
            if other.fence <= one.fence:
                report.blame(
                    "I7", "an older run's effect was applied", [job.id], f"fence {other.fence} over {one.fence}"
                )
        last = max((run.fence for run in history.runs.get(job.id, ()) if run.how == "end"), default=0)
        if applied and applied[-1].fence != last:
            report.blame(
                "I7",
                "the effect that stands is not the completing run's",
                [job.id],
                f"fence {applied[-1].fence}, not {last}",
            )
