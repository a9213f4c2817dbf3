"""What a look at any product's store comes to: counts, and the picture of all that was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from queuetui.model.measured import Measured, absent
from queuetui.model.snapshot import Part, Snapshot
from queuetui.model.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from queuetui.model.snapshot import QueueInfo

# The name of the part that is a page of jobs.
PAGE = "page"
_NOT_ASKED = "it was not asked for or could not be read"


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Measured counts over all queues and of each."""

    by_state: Mapping[State, Measured[int]]
    stuck: Measured[int]
    total: Measured[int]
    queues: tuple[QueueInfo, ...] = ()


UNREAD = JobFigures({state: absent(_NOT_ASKED) for state in State}, absent(_NOT_ASKED), absent(_NOT_ASKED))


def make_snapshot(
    backend: str, now: datetime, label: str, read: Mapping[str, Any], problems: Mapping[str, str]
) -> Snapshot:
    """Return the picture of a product's queue by the parts that were read."""
    figures: JobFigures = read.get(Part.COUNTS, UNREAD)
    return Snapshot(
        backend,
        now,
        figures.by_state,
        figures.stuck,
        figures.total,
        absent(f"{label} does not keep how long jobs took on average"),
        figures.queues,
        read.get(Part.WORKERS, ()),
        failures=read.get(Part.FAILURES, ()),
        page=read.get(PAGE),
        problems=problems,
    )
