"""Makes a snapshot of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from queuetui.backends.native.sql.around import Surroundings
from queuetui.backends.native.sql.figures import Figures
from queuetui.backends.native.sql.sums import add_up
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.snapshot import Part, QueueInfo, Snapshot, Watch
from queuetui.model.text import Untrusted


@dataclass(frozen=True, slots=True)
class Taken:
    """What was read, by the name of the part, and why another one could not be."""

    name: str
    watch: Watch
    found: Mapping[str, Any]
    problems: Mapping[str, str] = field(default_factory=dict)


def develop(picture: Taken, around: Surroundings) -> Snapshot:
    """Return the snapshot of it; what was not asked for, or could not be read, says so."""
    parts = picture.watch.parts
    counted = Part.COUNTS in parts
    why = "not asked for" if not counted else "it could not be read; see the problems"
    counts, total = picture.found.get("totals", ({}, absent(why)))
    figures: Figures | None = picture.found.get("tally")
    return Snapshot(
        picture.name,
        around.now,
        counts=counts,
        stuck=_stuck_in_all(picture, around, why) if counted else absent(why),
        total=total,
        average_s=figures.average if counted and figures is not None else absent(why),
        queues=_queues(picture, around) if Part.QUEUES in parts and "counts" in picture.found else (),
        workers=around.workers if Part.WORKERS in parts else (),
        tally=figures.by_minute if Part.TALLY in parts and figures is not None else (),
        failures=picture.found.get("failures", ()),
        page=picture.found.get("page"),
        problems=picture.problems,
    )


def _stuck_in_all(picture: Taken, around: Surroundings, why: str) -> Measured[int]:
    stuck: dict[str, Measured[int]] | None = picture.found.get("stuck")
    if stuck is None:
        return absent(why)
    total = add_up(list(stuck.values()), around.now)
    return replace(total, exactness=Exactness.CAPPED) if around.is_cut else total


def _queues(picture: Taken, around: Surroundings) -> tuple[QueueInfo, ...]:
    return tuple(_queue(picture, around, name) for name in around.queues)


def _queue(picture: Taken, around: Surroundings, name: str) -> QueueInfo:
    found = picture.found
    figures: Figures | None = found.get("tally")
    paused = around.paused.get(name)
    return QueueInfo(
        Untrusted(name),
        found["counts"][name],
        found["stuck"][name] if "stuck" in found else absent(picture.problems["stuck"]),
        oldest_due_at=found.get("oldest", {}).get(name),
        paused_at=None if paused is None else paused.at,
        paused_by=None if paused is None or paused.by is None else Untrusted(paused.by),
        consumers=around.consumers(name, picture.watch.limits),
        average_s=None if figures is None else figures.average_of.get(name),
        done_per_minute=None if figures is None else figures.done_per_minute.get(name, 0.0),
        logs_events=name not in around.unlogged,
    )
