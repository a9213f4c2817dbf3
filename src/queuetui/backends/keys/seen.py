"""A job as it was seen, and the moment by which it is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from queuetui.backends.keys.shelf import Entry, Shelf
from queuetui.backends.keys.survey import Survey
from queuetui.model.act import JobRef
from queuetui.model.capabilities import Liveness
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.stuck import is_over_limit
from queuetui.model.text import Untrusted


@dataclass(frozen=True, slots=True)
class KeysMoment:
    """When something is read, and what it is judged and named by."""

    # The name of the backend, for references to jobs.
    backend: str
    now: datetime
    limits: Limits
    # What the product found at the same look.
    survey: Survey
    liveness: Liveness
    # Where the data column finds what is worth reading; None where nobody reads it.
    summaries: SummaryPaths | None
    # Jobs are only counted: their payloads and errors may be left out.
    brief: bool = False
    # The options of the act that a job is read for.
    args: Mapping[str, str] = field(default_factory=dict)

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


def unread_job(ref: JobRef, shelf: Shelf, state: State, *remarks: str, shown: str = "") -> Job:
    """Return what stands for a job of which no more than its place can be read."""
    return Job(ref, Untrusted("?"), Untrusted(shelf.queue or ""), state, Untrusted(shown), remarks=remarks)
