"""Sums over past time: done and failed jobs, run times, and groups of similar dead letters."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from operator import add
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.filter_text import quote_value
from queuetui.model.job import Ending
from queuetui.model.text import Untrusted

SPARK_MINUTES = 5
# From fewer runs nothing is learned: only the profile's limit applies.
LEAST_RUNS = 50
ENDINGS = (Ending.COMPLETED, Ending.FAILED, Ending.RETRY, Ending.LOST)
HOUR_STEPS = 60 // SPARK_MINUTES


# Step N holds the runs of less than 2^N milliseconds, and of at least half of that.
TOOK_STEPS = 24


@dataclass(frozen=True, slots=True)
class RunMinute:
    """The runs of one type that ended in one minute in one queue.

    `took` counts the runs by the steps of their lengths.
    """

    minute: datetime
    queue: Untrusted
    type: Untrusted
    completed: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    busy_s: float = 0.0
    took: tuple[int, ...] = (0,) * TOOK_STEPS

    def plus(self, other: RunMinute) -> RunMinute:
        """Return the sum of both, under the name of this one."""
        return RunMinute(
            self.minute,
            self.queue,
            self.type,
            self.completed + other.completed,
            self.failed + other.failed,
            self.retried + other.retried,
            self.lost + other.lost,
            self.busy_s + other.busy_s,
            tuple(map(add, self.took, other.took)),
        )

    def endings(self) -> dict[str, int]:
        """Return how many runs ended in each way, by the words of a worker."""
        counts = (self.completed, self.failed, self.retried, self.lost)
        return {ending.value: count for ending, count in zip(ENDINGS, counts, strict=True)}


class By(StrEnum):
    """The key of a sum."""

    QUEUE = "queue"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts under one name in a span."""

    name: Untrusted
    completed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Durations:
    """The run times under one name, over `runs` of them; percentiles by the nearest rank."""

    name: Untrusted
    runs: int
    p50_s: float
    p95_s: float
    p99_s: float
    longest_s: float


def summarise_steps(name: str, steps: Sequence[tuple[float, int]]) -> Durations:
    """Return percentiles of a histogram, each the end of its step.

    A step is how long its runs took at most, the shortest first, and their number.
    """
    reached = list(accumulate(count for _, count in steps))
    runs = reached[-1]
    p50, p95, p99, longest = (
        steps[bisect_left(reached, max(1, -(-runs * percent // 100)))][0] for percent in (50, 95, 99, 100)
    )
    return Durations(Untrusted(name), runs, p50, p95, p99, longest)


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Dead letters of one type with one fingerprint of their error; `sample_id` is the newest of them.

    `recent` counts those of the last hour in steps of SPARK_MINUTES, oldest first. `versions` are those of the workers that ran
    them, as far as these are still registered. `bound` is the term of a filter that leaves out what ended before the span.
    `keeps_errors` tells whether the store keeps errors at all.
    """

    type: Untrusted
    error_class: Untrusted
    message: Untrusted
    fingerprint: str
    jobs: int
    first_at: datetime | None
    last_at: datetime | None
    sample_id: str
    recent: tuple[int, ...] = ()
    versions: tuple[Untrusted, ...] = ()
    bound: str = ""
    keeps_errors: bool = True


def describe_failure_group(group: FailureGroup) -> dict[str, Any]:
    """Return, for programs, a group; `filter` finds its jobs."""
    return {
        "fingerprint": group.fingerprint,
        "type": group.type.raw,
        "error_class": group.error_class.raw,
        "message": group.message.raw,
        "jobs": group.jobs,
        "first_at": None if group.first_at is None else to_text(group.first_at),
        "last_at": None if group.last_at is None else to_text(group.last_at),
        "sample_id": group.sample_id,
        "recent": list(group.recent),
        "versions": [version.raw for version in group.versions],
        "filter": filter_of(group),
    }


def filter_of(group: FailureGroup) -> str:
    """Return the filter that finds the jobs of a group, and no others."""
    terms = ["state:failed", f"type:{quote_value(group.type.raw)}"]
    if group.fingerprint:
        terms.append(f"fingerprint:{group.fingerprint}")
    elif group.keeps_errors:
        terms.append("-fingerprint:*")
    return " ".join([*terms, group.bound] if group.bound else terms)
