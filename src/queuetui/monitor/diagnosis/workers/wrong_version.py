"""A live worker runs another version than most of the live ones."""

from __future__ import annotations

from collections import Counter

from queuetui.model.clock import EARLIEST
from queuetui.model.limits import is_live
from queuetui.model.text import sanitize
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import NAME_CAP, name


def judge(worker: WorkerInfo, facts: Facts) -> Verdict | None:
    """Judge a live worker by the version that most live workers run.

    If two versions are equally frequent, that of the worker that started last counts.
    """
    live = [one for one in facts.workers if is_live(one, facts.now, facts.limits)]
    if worker not in live or not worker.version.raw:
        return None
    counts = Counter(one.version.raw for one in live)
    started = {version: at for at, version in sorted((one.started_at or EARLIEST, one.version.raw) for one in live)}
    usual = max(counts, key=lambda version: (counts[version], started[version]))
    if worker.version.raw == usual:
        return None
    shown = {"version": sanitize(worker.version, NAME_CAP), "usual": sanitize(usual, NAME_CAP)}
    return Verdict(
        Code.WRONG_VERSION,
        Severity.WARNING,
        f"{name(worker.place)} runs version {shown['version']}, {counts[usual]:,} of {len(live):,} run {shown['usual']}",
        {**shown, "live": len(live)},
        "restart it on the same version as the others",
    )
