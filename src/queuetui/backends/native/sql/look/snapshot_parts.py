"""Makes a snapshot of the parts that were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from queuetui.backends.native.sql.look.context import StoreContext
from queuetui.backends.native.sql.look.sums import add_up
from queuetui.backends.native.sql.look.tally_rates import TallyRates
from queuetui.model.job_view import uncounted_queue
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.rates import RecentRuns
from queuetui.model.snapshot import Part, QueueInfo, Snapshot, Watch


@dataclass(frozen=True, slots=True)
class SnapshotParts:
    """The parts that were read, by name, and the problems of those that could not be."""

    name: str
    watch: Watch
    found: Mapping[str, Any]
    problems: Mapping[str, str] = field(default_factory=dict)


def make_snapshot(read: SnapshotParts, context: StoreContext) -> Snapshot:
    """Return the snapshot; a part that was not requested or could not be read is marked as absent."""
    parts = read.watch.parts
    counted = Part.COUNTS in parts
    why = "not asked for" if not counted else "it could not be read; see the problems"
    counts, total = read.found.get("totals", ({}, absent(why)))
    rates: TallyRates | None = read.found.get("tally")
    return Snapshot(
        read.name,
        context.now,
        counts=counts,
        stuck=_stuck_in_all(read, context, why) if counted else absent(why),
        total=total,
        average_s=rates.average if counted and rates is not None else absent(why),
        queues=_queues(read, context) if Part.QUEUES in parts and "counts" in read.found else (),
        workers=context.workers if Part.WORKERS in parts else (),
        tally=rates.by_minute if Part.TALLY in parts and rates is not None else (),
        failures=read.found.get("failures", ()),
        page=read.found.get("page"),
        problems=read.problems,
        has_more_queues=context.is_cut,
    )


def _stuck_in_all(read: SnapshotParts, context: StoreContext, why: str) -> Measured[int]:
    stuck: dict[str, Measured[int]] | None = read.found.get("stuck")
    if stuck is None:
        return absent(why)
    total = add_up(list(stuck.values()), context.now)
    return replace(total, exactness=Exactness.CAPPED) if context.is_cut else total


def _queues(read: SnapshotParts, context: StoreContext) -> tuple[QueueInfo, ...]:
    return tuple(_queue(read, context, name) for name in context.queues)


def _queue(read: SnapshotParts, context: StoreContext, name: str) -> QueueInfo:
    found = read.found
    rates: TallyRates | None = found.get("tally")
    oldest_age_s = found.get("oldest_ages", {}).get(name)
    return replace(
        switches_of(context, name),
        counts=found["counts"][name],
        stuck=found["stuck"][name] if "stuck" in found else absent(read.problems["stuck"]),
        oldest_due_at=found.get("oldest", {}).get(name),
        oldest_read_at=None if oldest_age_s is None else context.now - timedelta(seconds=oldest_age_s),
        consumers=context.consumers(name, read.watch.limits),
        average_s=None if rates is None else rates.average_of.get(name),
        recent=None if rates is None else rates.recent.get(name, RecentRuns()),
    )


def switches_of(context: StoreContext, name: str) -> QueueInfo:
    """Return a queue with only its switches: paused, events."""
    paused, is_logged, rests = context.paused.get(name), name not in context.unlogged, name in context.resting
    if paused is None:
        return uncounted_queue(name, logs_events=is_logged, rests=rests)
    return uncounted_queue(name, paused.at, paused.by, logs_events=is_logged, rests=rests)
