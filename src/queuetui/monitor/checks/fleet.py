"""Checks the connection to the store and the workers: response time, clock, versions, leases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from queuetui.model.access import Access
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.clock import to_text
from queuetui.model.counted import counted
from queuetui.model.examination import Check, Finding, LateLeases, Level
from queuetui.model.text import sanitize
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.words import age, name, span, worker_of_app

SLOW_S = 1.0
APART_S = 5.0
MOST_NAMED = 5
# Of these `doctor` tells why one is not possible.
_USUAL = (Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.RELEASE, Verb.PAUSE)


def judge_answer(took_s: float) -> Finding:
    """Judge how fast the store answers a small read."""
    evidence: dict[str, object] = {"answer_s": round(took_s, 4)}
    if took_s <= SLOW_S:
        return Finding(Check.REACHABLE, Level.OK, f"it answers in {took_s * 1000:.0f} ms", evidence)
    step = "look at the load of the server and at the network between"
    return Finding(Check.REACHABLE, Level.WARNING, f"it takes {took_s:.1f} s to answer", evidence, step)


def judge_clock(apart_s: float, within_s: float) -> Finding:
    """Compare this host's clock with the store's.

    Leases use the store's clock alone, but logs and `--at` use both.
    """
    evidence: dict[str, object] = {"apart_s": round(apart_s, 3), "within_s": round(within_s, 3)}
    if abs(apart_s) - within_s <= APART_S:
        return Finding(Check.CLOCK, Level.OK, "the store's clock and this host's agree", evidence)
    side = "ahead of" if apart_s > 0 else "behind"
    story = f"the store's clock is {span(abs(apart_s))} {side} this host's"
    return Finding(Check.CLOCK, Level.WARNING, story, evidence, "set both by NTP; leases go by the store's clock alone")


def judge_workers(live: Sequence[WorkerInfo], registered: int, version: str) -> Finding:
    """Judge whether live workers run another version than this program."""
    others = [worker for worker in live if worker.version.raw != version]
    evidence: dict[str, object] = {
        "live": len(live),
        "registered": registered,
        "version": version,
        "others": [f"{name(worker.place)} {sanitize(worker.version, 40)}" for worker in others[:MOST_NAMED]],
    }
    if not others:
        story = f"{counted(len(live), 'live worker')}, every one of version {version}" if live else "no worker is live"
        return Finding(Check.WORKERS, Level.OK, story, evidence)
    story = f"{len(others):,} of {counted(len(live), 'live worker')} run another version than {version}"
    return Finding(Check.WORKERS, Level.WARNING, story, evidence, "restart them on the same version")


def judge_leases(late: LateLeases, now: datetime, access: Access) -> Finding:
    """Judge whether jobs have expired leases that no worker has swept."""
    evidence: dict[str, object] = {
        "unswept": late.count,
        "oldest": None if late.oldest is None else to_text(late.oldest),
    }
    if not late.count or late.oldest is None:
        return Finding(Check.LEASES, Level.OK, "no lease that is over waits to be swept", evidence)
    silent = age((now - late.oldest).total_seconds())
    story = f"{counted(late.count, 'lease')} ended up to {silent} ago and nobody has swept them"
    return Finding(Check.LEASES, Level.WARNING, story, evidence, f"any worker sweeps; {worker_of_app(access)}")


def judge_capabilities(capabilities: Capabilities) -> Finding:
    """Report which acts are possible on the queue of another product, and why the usual others are not."""
    verbs = sorted(verb.value for verb in capabilities.verbs)
    kept = [one for one in ("workers", "tally", "attempts", "events") if getattr(capabilities, one)]
    lacking: defaultdict[str, list[str]] = defaultdict(list)
    for verb in _USUAL:
        if (why := capabilities.why_not(verb)) is not None:
            lacking[why].append(verb.value)
    reasons = "".join(f"; no {', '.join(named)}: {why}" for why, named in lacking.items())
    evidence: dict[str, object] = {"kind": capabilities.kind, "verbs": verbs, "keeps": kept}
    story = f"{capabilities.label}: {', '.join(verbs) or 'looking only'}{reasons}"
    return Finding(Check.CAPABILITIES, Level.OK, story, evidence)
