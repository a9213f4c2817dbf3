"""Sums over what was: done and failed jobs, how long runs took, and dead letters that are alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from queuetui.model.text import Untrusted


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
    """Dead letters of one type with one fingerprint of their error; `sample_id` is the newest of them."""

    type: Untrusted
    error_class: Untrusted
    message: Untrusted
    fingerprint: str
    jobs: int
    first_at: datetime | None
    last_at: datetime | None
    sample_id: str
