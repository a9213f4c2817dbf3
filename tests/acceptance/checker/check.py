"""Judges a history by every invariant."""

from __future__ import annotations

from collections import Counter

from tests.acceptance.checker import acts, causes, effects, endings, keys, leases, loss, order, overlaps, times, witness
from tests.acceptance.checker.history import History
from tests.acceptance.checker.report import Report

CHECKS = (
    loss.check_loss,
    loss.check_phantoms,
    leases.check_leases,
    overlaps.check_overlaps,
    endings.check_endings,
    endings.check_tally,
    causes.check_causes,
    effects.check_effects,
    causes.check_counters,
    keys.check_keys,
    times.check_due,
    times.check_slots,
    acts.check_cancels,
    acts.check_pauses,
    times.check_liveness,
    order.check_groups,
    loss.check_transactions,
    acts.check_acts,
    witness.check_views,
    witness.check_durability,
)


def check(history: History) -> Report:
    """Return what became of every promise."""
    report = Report(
        jobs=len(history.jobs),
        runs=sum(map(len, history.runs.values())),
        states=Counter(job.state for job in history.dump.jobs),
        faults=Counter(fault.fault for fault in history.faults),
    )
    for one in CHECKS:
        one(history, report)
    return report
