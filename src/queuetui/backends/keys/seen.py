"""A job as it was seen, and the moment by which it is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from queuetui.backends.keys.shelf import Entry
from queuetui.model.capabilities import Liveness
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.payload import SummaryPaths
from queuetui.model.stuck import is_over_limit


@dataclass(frozen=True, slots=True)
class KeysMoment:
    """When something is read, and what it is judged and named by.

    `survey` is the product's own, of the same look; `args` are those of the act that it is read for. `brief`: nobody looks into payloads
    and errors, as jobs are only counted; then `summaries` is None.
    """

    backend: str
    now: datetime
    limits: Limits
    summaries: SummaryPaths | None = field(default_factory=dict)
    liveness: Liveness = Liveness.NONE
    survey: object = None
    args: Mapping[str, str] = field(default_factory=dict)
    brief: bool = False

    @property
    def now_ms(self) -> int:
        """The milliseconds since 1970."""
        return int(self.now.timestamp() * 1_000)

    def is_held_too_long(self, job: Job) -> bool:
        """Tell whether a run is past its limit, or, where the product stores one, its deadline alone."""
        is_left = job.lease_until is not None and job.lease_until < self.now
        if self.liveness is Liveness.DEADLINE and job.lease_until is not None:
            return is_left
        return is_left or is_over_limit(job, self.now, self.limits)


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry with all that was read of it."""

    entry: Entry
    loaded: Sequence[Any]
    job: Job
