"""What the watcher of a store remembers of its workers and warnings between polls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from queuetui.monitor.diagnosis.workers.memory_growth import WARM_AFTER_S

if TYPE_CHECKING:
    from queuetui.model.picture import Warned
    from queuetui.model.worker import WorkerInfo


class WatchedPast:
    """The first measure of each worker's memory, and the active warnings.

    A warning stays active until it was not seen for `clear_after_s`, so that one near its limit does not come and go.
    """

    def __init__(self, clear_after_s: float) -> None:
        self._clear_after = timedelta(seconds=clear_after_s)
        self._first_rss: dict[str, int] = {}
        self._seen: dict[tuple[str, str, str], tuple[Warned, datetime]] = {}

    def measure(self, workers: Iterable[WorkerInfo], now: datetime) -> Mapping[str, int]:
        """Record the memory of workers; return the first measure, taken after warm-up, of each present one."""
        there = {worker.id.raw: worker for worker in workers}
        self._first_rss = {key: rss for key, rss in self._first_rss.items() if key in there}
        for key, worker in there.items():
            up_s = worker.up_s(now)
            if worker.rss_bytes is not None and (up_s is None or up_s >= WARM_AFTER_S):
                self._first_rss.setdefault(key, worker.rss_bytes)
        return self._first_rss

    def stand(self, warnings: Iterable[Warned], now: datetime) -> tuple[Warned, ...]:
        """Record the warnings of a poll; return the active ones, the gravest first."""
        # If the clock was set back, the time last seen lies ahead and must not keep the warning active until then.
        seen = ((key, one, min(at, now)) for key, (one, at) in self._seen.items())
        kept = {key: (one, at) for key, one, at in seen if now - at < self._clear_after}
        fresh = {(one.subject, one.name.raw, one.verdict.code.value): (one, now) for one in warnings}
        self._seen = {**kept, **fresh}
        return tuple(sorted((one for one, _ in self._seen.values()), key=lambda one: -one.verdict.severity))
