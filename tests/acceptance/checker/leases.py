"""I3: at any moment a job has at most one valid lease, and its fence only grows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from tests.acceptance.checker.events import Event
from tests.acceptance.checker.faults import PAUSE
from tests.acceptance.checker.history import History, group
from tests.acceptance.checker.report import Report
from tests.acceptance.checker.runs import NEVER_NS, Run

SECOND_NS = 1_000_000_000
LATE = frozenset({"lost", "ack_lost"})


@dataclass(frozen=True)
class Holding:
    """What is known of leases: until when each was certainly good, and when what was held under it may have been given back."""

    good_until_ns: Mapping[str, int]
    gone_ns: Mapping[str, int]
    settled_ns: Mapping[tuple[str, int], int]

    def surely_until_ns(self, claim: Event) -> int:
        """Return until when the claimed job was certainly held under its lease."""
        given_back = self.settled_ns.get((claim.job_id, claim.fence), NEVER_NS)
        return min(self.good_until_ns.get(claim.lease_id, 0), self.gone_ns.get(claim.lease_id, NEVER_NS), given_back)


def find_holding(history: History) -> Holding:
    """Return what the recorders saw of leases; a call whose answer nobody saw may have given back all that its lease held."""
    good: dict[str, int] = {}
    for kind in ("open", "renew"):
        for event in history.of_kind.get(kind, ()):
            if event.outcome == "valid":
                until_ns = event.since_ns + round(event.lease_s * SECOND_NS)
                good[event.lease_id] = max(good.get(event.lease_id, 0), until_ns)
    settled: dict[tuple[str, int], int] = {}
    for event in history.of_kind.get("settle", ()):
        key = (event.job_id, event.fence)
        settled[key] = min(settled.get(key, NEVER_NS), event.since_ns)
    answered = {event.call for kind in ("settle", "close") for event in history.of_kind.get(kind, ())}
    gone: dict[str, int] = {}
    for kind in ("settling", "closing"):
        for event in history.of_kind.get(kind, ()):
            if kind == "closing" or event.call not in answered:
                gone[event.lease_id] = min(gone.get(event.lease_id, NEVER_NS), event.boot_ns)
    return Holding(good, gone, settled)


def check_leases(history: History, report: Report) -> None:
    """Blame a claim that was granted while an earlier one was certainly valid, and a fence that did not grow."""
    holding = find_holding(history)
    moved = {fault.fault for fault in history.faults} & {"clock"}
    for job_id, claims in group(history.of_kind.get("claim", ()), lambda event: event.job_id).items():
        report.examined["I3"] += len(claims)
        acts_ns = [call.invoke.boot_ns for call in history.acts.get(job_id, ())]
        for one, other in pairwise(claims):
            until_ns = holding.surely_until_ns(one)
            freed = any(one.since_ns <= at <= other.boot_ns for at in acts_ns)
            if one.boot_ns < other.since_ns and other.boot_ns < until_ns and not freed and not moved:
                over_s = (until_ns - other.boot_ns) / SECOND_NS
                told = f"fence {other.fence} claimed {over_s:.3f} s before the lease of fence {one.fence} could be over"
                report.blame("I3", "claimed under two valid leases", [job_id], told)
            if one.boot_ns < other.since_ns and other.fence <= one.fence:
                report.blame("I3", "its fence did not grow", [job_id], f"{one.fence} and then {other.fence}")
    _check_run_order(history, report)


def _check_run_order(history: History, report: Report) -> None:
    for job_id, runs in history.runs.items():
        report.examined["I3"] += len(runs)
        for one, other in pairwise(runs):
            if other.fence > one.fence:
                continue
            told = f"a run of fence {one.fence} and then one of {other.fence}"
            if other.fence == one.fence or not _began_late(history, other):
                report.blame("I3", "its fence did not grow", [job_id], told)
            else:
                report.overlaps["late start"] += 1


def _began_late(history: History, run: Run) -> bool:
    """Tell whether a run may begin after its lease was over: its worker was frozen, or threads could not be stopped."""
    start = run.start
    frozen = any(
        fault.fault == PAUSE and fault.concerns(start.pid, start.worker, fault.begin_ns, start.boot_ns)
        for fault in history.faults
    )
    threads = history.setup.isolation == "thread"
    return frozen or (threads and history.outcomes(start.job_id).get(run.fence) in LATE)
