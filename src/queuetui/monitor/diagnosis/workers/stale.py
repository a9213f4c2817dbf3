"""A registered worker has sent no heartbeat for longer than the alarm's limit."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, command, name


def judge(worker: WorkerInfo, facts: Facts) -> Verdict | None:
    """Judge a worker by its last heartbeat, on the store's clock.

    If the worker's own system considers a silent worker alive for longer than the alarm's limit, that time is the limit. A system that
    removes silent workers from its list by itself needs no finding.
    """
    silent_s = (facts.now - worker.beat_at).total_seconds()
    limit_s = max(facts.limits.alarms.worker_silent_s, worker.silent_after_s or 0.0)
    if worker.has_ended or worker.registration_ends or silent_s <= limit_s:
        return None
    who = name(worker.place) if worker.host.raw else f"worker {name(worker.place)}"
    held = f" and holds {counted(worker.busy, 'job')}" if worker.busy else ""
    return Verdict(
        Code.STALE_WORKER,
        Severity.WARNING,
        f"{who} has been silent for {age(silent_s)}{held}",
        {"silent_s": round(silent_s, 3), "limit_s": limit_s, "busy": worker.busy},
        command("workers", "clean", way=facts.access.way_to(Verb.CLEAN))
        if facts.capabilities.native
        else "look whether it still runs on its host",
    )
