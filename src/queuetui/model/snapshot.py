"""A snapshot of a backend at one time of its clock, and the request for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from queuetui.model.limits import Limits

if TYPE_CHECKING:
    from queuetui.model.event import EventRequest
    from queuetui.model.job import Job
    from queuetui.model.measured import Measured
    from queuetui.model.page import Page, PageRequest
    from queuetui.model.rates import RecentRuns, TallyMinute
    from queuetui.model.state import State
    from queuetui.model.text import Untrusted
    from queuetui.model.worker import WorkerInfo

TALLY_MINUTES = 60


class Part(StrEnum):
    """A part of a snapshot that can be asked for and can fail alone."""

    COUNTS = "counts"
    QUEUES = "queues"
    WORKERS = "workers"
    TALLY = "tally"
    FAILURES = "failures"
    SCHEDULES = "schedules"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Watch:
    """The request of one poll.

    `failures` bounds the latest dead letters, `exact` lifts the caps on counts (on demand only).
    `events` asks for a page of what happened, `server` for what the server tells, which the monitor reads.
    """

    page: PageRequest | None = None
    parts: frozenset[Part] = frozenset(Part)
    limits: Limits = field(default_factory=Limits)
    tally_minutes: int = TALLY_MINUTES
    failures: int = 20
    exact: bool = False
    events: EventRequest | None = None
    server: bool = False


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """One queue.

    `counts` holds every state the backend keeps, `oldest_due_at` is the time of the longest-due job, in our own queue also of one
    that was put off and that no worker has made pending yet; it was read at `oldest_read_at` where that was before. `recent` is None
    where the backend keeps no tally. `suspended_by` names the command by which a product has stopped all claims without keeping since
    when, `held` says that this queue alone is paused without that being kept. `rests`: of our own queue, nothing of it runs, and nothing
    began or ended in the last RATE_MINUTES.
    """

    name: Untrusted
    counts: Mapping[State, Measured[int]]
    stuck: Measured[int]
    oldest_due_at: datetime | None = None
    oldest_read_at: datetime | None = None
    paused_at: datetime | None = None
    paused_by: Untrusted | None = None
    consumers: int | None = None
    average_s: float | None = None
    recent: RecentRuns | None = None
    logs_events: bool | None = None
    suspended_by: str = ""
    held: bool = False
    rests: bool = False

    @property
    def is_paused(self) -> bool:
        """Whether none of its jobs is claimed until it is resumed."""
        return self.held or self.paused_at is not None or bool(self.suspended_by)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The result of one read.

    A part not asked for is empty, a part that failed is named in `problems` with the reason.
    `counts` spans all queues; `stuck` counts across states. `has_latest_failures` is False where there are more jobs than the store
    sorts: `failures` are then any.
    `has_more_queues` tells that there are, or may be, other queues than these.
    Until `held_until` nothing is claimed, as the server was restarted and may have forgotten claims.
    """

    backend: str
    now: datetime
    counts: Mapping[State, Measured[int]]
    stuck: Measured[int]
    total: Measured[int]
    average_s: Measured[float]
    queues: tuple[QueueInfo, ...] = ()
    workers: tuple[WorkerInfo, ...] = ()
    tally: tuple[TallyMinute, ...] = ()
    failures: tuple[Job, ...] = ()
    has_latest_failures: bool = True
    page: Page | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    held_until: datetime | None = None
    has_more_queues: bool = False
