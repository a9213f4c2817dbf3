"""What a store tells that nothing is judged of."""

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
    """The part of a feed that hands on what a backend answers."""

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
        """How commands come to the store."""
        return self._access or (OWN if self.capabilities.native else ATTACHED)

    def usual(self) -> Usual:
        """Return what is measured of types and counters now and in days; empty where it is not kept."""
        from queuetui.monitor.alarms.trends import read_usual

        return read_usual(self._backend)

    def identity(self) -> Identity:
        """Return what tells this queue from another one behind the same address."""
        return self._inspector.identity()

    def counted(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return what handlers and workers counted in the last minutes; nothing where it is not kept."""
        return () if self._backend.notes is None else self._backend.notes.usage_totals(minutes)

    def usage(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return what handlers alone counted."""
        return usage_of_handlers(self.counted(minutes))

    def failure_groups(self, back: float | datetime, limit: int) -> Measured[tuple[FailureGroup, ...]]:
        """Return the dead letters of the last `back` seconds, or since that time, by type and error.

        The largest group comes first.
        """
        return self._backend.histories.failure_groups(back, limit)

    def run_minutes(self, since: datetime) -> tuple[RunMinute, ...]:
        """Return what ended from a minute on, by minute, queue and type; nothing where no tally is kept."""
        return self._backend.histories.run_minutes(since)

    @property
    def keeps_tokens(self) -> bool:
        """Whether tokens are kept by which workers are let in."""
        return self._backend.upkeep is not None and self._backend.upkeep.keeps_tokens

    def tokens(self, limit: int) -> tuple[Token, ...]:
        """Return the tokens by which workers are let in."""
        return () if self._backend.upkeep is None else self._backend.upkeep.tokens(limit)

    def now(self) -> datetime:
        """Return the time of the store's clock."""
        return self._inspector.snapshot(Watch(parts=frozenset())).now

    def has(self, job_id: str) -> bool:
        """Tell whether there is a job of that whole id."""
        return bool(self._inspector.get_many((job_id,)))

    def find(
        self,
        suffix: str,
        after: str | None = None,
        *,
        looks: float = 1,
        tell: Callable[[IdSearch], object] | None = None,
    ) -> IdSearch:
        """Look for the jobs whose id is or ends in `suffix`, two at most, by so many looks at the store.

        `tell` hears of each in vain.
        `after` goes on where another search had come to.
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
        """Return how each term of a filter is answered."""
        return self._inspector.plan(query)

    def close(self) -> None:
        """Give back the backend's connections."""
        self._backend.close()
