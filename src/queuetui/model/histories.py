"""Sums over what was: done and failed jobs, how long runs took, and dead letters that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.filter_text import quote_value
from queuetui.model.text import Untrusted

SPARK_MINUTES = 5
# Of fewer runs nothing is learned: the floor of the profile holds alone.
LEAST_RUNS = 50
HOUR_STEPS = 60 // SPARK_MINUTES


class By(StrEnum):
    """What a sum is kept by."""

    QUEUE = "queue"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was done under one name in a span."""

    name: Untrusted
    completed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Durations:
    """How long the runs under one name took, over `runs` of them; percentiles by the nearest rank."""

    name: Untrusted
    runs: int
    p50_s: float
    p95_s: float
    p99_s: float
    longest_s: float


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Dead letters of one type with one fingerprint of their error; `sample_id` is the newest of them.

    `recent` counts those of the last hour in steps of SPARK_MINUTES, oldest first. `versions` are those of the workers that ran
    them, as far as these are still registered.
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


def describe_failure_group(group: FailureGroup) -> dict[str, Any]:
    """Return a group as programs read it; `filter` finds its jobs."""
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
    """Return the filter that finds the jobs of a group."""
    kind = f"state:failed type:{quote_value(group.type.raw)}"
    return f"{kind} fingerprint:{group.fingerprint}" if group.fingerprint else kind
