"""Reads from a backend what is shown without a verdict."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.model.access import ATTACHED, OWN
from queuetui.model.run_notes import UsageTotal, usage_of_handlers
from queuetui.model.snapshot import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from queuetui.backends.backend import Backend
    from queuetui.backends.base import Inspector
    from queuetui.model.access import Access
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.histories import FailureGroup, RunMinute
    from queuetui.model.identity import Identity
    from queuetui.model.measured import Measured
    from queuetui.model.page import IdSearch, PlannedTerm
    from queuetui.model.query import Query
    from queuetui.model.upkeep import Token
    from queuetui.monitor.alarms.trends import Usual


class PlainFeed:
    """The part of a feed that returns a backend's answers unchanged."""

    def __init__(self, backend: Backend, access: Access | None = None) -> None:
        self._backend = backend
        self._access = access
        self._inspector: Inspector = backend.inspector

    @property
    def capabilities(self) -> Capabilities:
        """What the backend can do."""
        return self._inspector.capabilities

    @property
    def access(self) -> Access:
        """How the commands that verdicts advise reach the store."""
        return self._access or (OWN if self.capabilities.native else ATTACHED)

    def usual(self) -> Usual:
        """Return recent and usual run times and counters; empty if the store keeps none."""
        from queuetui.monitor.alarms.trends import read_usual

        return read_usual(self._backend)

    def identity(self) -> Identity:
        """Return the identity of this queue, which differs from that of any other queue at the same address."""
        return self._inspector.identity()

    def counted(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return the counters of handlers and workers over the last minutes; none if the store keeps none."""
        return () if self._backend.notes is None else self._backend.notes.usage_totals(minutes)

    def usage(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return the counters of handlers alone over the last minutes."""
        return usage_of_handlers(self.counted(minutes))

    def failure_groups(self, back: float | datetime, limit: int) -> Measured[tuple[FailureGroup, ...]]:
        """Return the dead letters of the last `back` seconds, or since that time, by type and error.

        The largest group comes first.
        """
        return self._backend.histories.failure_groups(back, limit)

    def run_minutes(self, since: datetime) -> tuple[RunMinute, ...]:
        """Return the runs that ended since a minute, by minute, queue and type; none if no tally is kept."""
        return self._backend.histories.run_minutes(since)

    @property
    def keeps_tokens(self) -> bool:
        """Whether the store keeps the tokens with which workers register."""
        return self._backend.upkeep is not None and self._backend.upkeep.keeps_tokens

    def tokens(self, limit: int) -> tuple[Token, ...]:
        """Return the tokens with which workers register, at most `limit`."""
        return () if self._backend.upkeep is None else self._backend.upkeep.tokens(limit)

    def now(self) -> datetime:
        """Return the time of the store's clock."""
        return self._inspector.snapshot(Watch(parts=frozenset())).now

    def has(self, job_id: str) -> bool:
        """Tell whether a job with exactly this id exists."""
        return bool(self._inspector.get_many((job_id,)))

    def find(
        self,
        suffix: str,
        after: str | None = None,
        *,
        looks: float = 1,
        tell: Callable[[IdSearch], object] | None = None,
    ) -> IdSearch:
        """Find at most two jobs whose id equals or ends in `suffix`, with at most `looks` queries.

        `tell` is called after each query that found nothing.
        `after` continues an earlier search from where it stopped.
        """
        looked = 0
        while True:
            found = self._inspector.find(suffix, after=after)
            looked, looks = looked + found.looked, looks - 1
            found = replace(found, looked=looked)
            if found.refs or found.reached is None or looks <= 0:
                return found
            if tell is not None:
                tell(found)
            after = found.reached

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how the store answers each term of a filter."""
        return self._inspector.plan(query)

    def close(self) -> None:
        """Close the backend's connections."""
        self._backend.close()
