"""How long the jobs of each type take, so that no more are held than can be run in a moment."""

from __future__ import annotations

from collections import OrderedDict

WEIGHT = 0.1
KEPT_TYPES = 1000


class Pace:
    """Moving averages of run times by type and by queue; written by one thread."""

    def __init__(self) -> None:
        self._types: OrderedDict[str, float] = OrderedDict()
        self._queues: OrderedDict[str, float] = OrderedDict()

    def record(self, queue: str, job_type: str, duration_s: float, runs: int = 1) -> None:
        """Count runs of one type by what they took on average."""
        _blend(self._types, job_type, duration_s, runs)
        _blend(self._queues, queue, duration_s, runs)

    def type_average_s(self, job_type: str) -> float | None:
        """Return the average of a type, None when it is unknown."""
        return self._types.get(job_type)

    def queue_average_s(self, queue: str) -> float | None:
        """Return the average of what a queue has brought lately, None when it is unknown."""
        return self._queues.get(queue)


def _blend(averages: OrderedDict[str, float], name: str, duration_s: float, runs: int) -> None:
    known = averages.get(name)
    if known is None and len(averages) >= KEPT_TYPES:
        averages.popitem(last=False)
    averages[name] = duration_s if known is None else known + (1 - (1 - WEIGHT) ** runs) * (duration_s - known)
