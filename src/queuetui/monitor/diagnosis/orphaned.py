"""A processing job whose lease has expired: its worker is gone, and no other worker has swept it."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.capabilities import Liveness
from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.stuck import is_orphaned
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import act_on, age, name, start_worker, worker_name

# What is said of a worker that was not found, by whether the store registers workers.
_UNSEEN = {True: "is no longer registered", False: "took it"}


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a processing job; needs a lease, or a time after which the store gives its run up."""
    keeps_leases = facts.capabilities.liveness is Liveness.LEASE
    if not (keeps_leases or job.lease_until is not None) or not is_orphaned(job, facts.now):
        return None
    holder = facts.holder(job)
    silent_s = None if holder is None else facts.seconds_since(holder.beat_at)
    seen = f"silent {age(silent_s)}" if silent_s is not None else _UNSEEN[facts.capabilities.workers]
    over_s = facts.seconds_since(job.lease_until)
    right = "lease" if keeps_leases else "time"
    ended = f"its {right} is gone" if over_s is None else f"its {right} ended {age(over_s)} ago"
    who = name(job.worker) if holder is None else worker_name(holder)
    holds = f"worker {who} {seen}" if job.worker is not None else "which worker held it is not stored"
    evidence: dict[str, object] = {"worker": who, "silent_s": silent_s}
    if job.lease_until is not None:
        evidence["lease_until"] = to_text(job.lease_until)
    steps = [act_on(Verb.RELEASE, job, facts)] if facts.capabilities.fits(Verb.RELEASE, job.state) else []
    if facts.capabilities.native or not steps:
        # A new worker of another product may not take the job of a dead one, so it is advised only if nothing else is.
        steps.append(start_worker(job.queue, facts))
    return Verdict(
        Code.ORPHANED,
        Severity.CRITICAL,
        f"{holds}, {ended} and no worker has swept it",
        evidence,
        ", or ".join(steps),
    )
