"""The store's clock, queues and workers, by which jobs are judged and pages are laid out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queuetui.backends.native.odd_values import read_choice, read_texts
from queuetui.backends.native.sql.look.stuck_criteria import StuckCriteria
from queuetui.model.claim_rules import may_rest
from queuetui.model.limits import Limits, is_live
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.waiting_queues import judge_waiting
from queuetui.model.worker import WorkerInfo

MOST_QUEUES = 500
MOST_WORKERS = 1_000
MOST_BUSY = 50_000


@dataclass(frozen=True, slots=True)
class Paused:
    """When a queue was paused and by whom."""

    at: datetime
    by: str | None


@dataclass(frozen=True, slots=True)
class StoreContext:
    """The names of queues, the paused ones and those without events, and the registered workers.

    Of the `resting` queues nothing runs, and nothing began or ended lately. `held` has each queue with each state that it has jobs in,
    `running` how many jobs run of a queue; each is None where that is not known.
    """

    now: datetime
    queues: tuple[str, ...]
    paused: Mapping[str, Paused]
    workers: tuple[WorkerInfo, ...]
    unlogged: frozenset[str] = frozenset()
    resting: frozenset[str] = frozenset()
    held: frozenset[tuple[str, State]] | None = None
    running: Mapping[str, int] | None = None

    @property
    def is_cut(self) -> bool:
        """Whether there may be more queues than were read."""
        return len(self.queues) >= MOST_QUEUES

    def criteria(self, limits: Limits) -> StuckCriteria:
        """Return the criteria by which stuck jobs are judged."""
        heard = [name for name in self.queues if name not in self.paused]
        waiting = judge_waiting(heard, self.resting, self.workers, self.now, limits)
        return StuckCriteria(self.now, limits, tuple(sorted(waiting.unheard)), tuple(sorted(waiting.idle)))

    def consumers(self, name: str, limits: Limits) -> int:
        """Return how many live workers listen to a queue."""
        live = (one for one in self.workers if is_live(one, self.now, limits))
        return sum(one.listens_to(name) for one in live)


def resting_among(
    names: Iterable[str], moving: Iterable[str], rules: Iterable[tuple[str, str | None]]
) -> frozenset[str]:
    """Return the queues without a running or recent run, except those that a rate may hold back."""
    held = {name for name, text in rules if may_rest(text, RATE_MINUTES * 60)}
    return frozenset(names) - frozenset(moving) - held


def to_worker(row: Any, busy: int, orphaned: int) -> WorkerInfo:  # noqa: ANN401 - a record of any driver
    """Return a worker as people see it."""
    return WorkerInfo(
        id=Untrusted(row.id),
        host=Untrusted(row.host),
        pid=row.pid,
        version=Untrusted(row.version),
        queues=read_choice(row.queues),
        slots=row.slots,
        busy=busy,
        started_at=row.started_at,
        beat_at=row.beat_at,
        types=read_texts(row.types),
        tags=read_texts(row.tags),
        rss_bytes=row.rss,
        stopping=bool(row.stopping),
        orphaned=orphaned,
    )
