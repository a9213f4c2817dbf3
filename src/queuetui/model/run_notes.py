"""The notes of a run beside its ending.

These are log lines, usage counters, measures of the process, and how long the result is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.text import Untrusted

LOG_LINES = 200
LOG_CAP_CHARS = 64 * 1024
LOGGED_RUNS_A_JOB = 5
COUNTER_NAME_CHARS = 64
COUNTERS_A_RUN = 100
# Far enough below the limit of stores that sums of many runs fit.
LARGEST_COUNT = 1e100
# The prefix of counters that a worker adds for tags (`--count-tag`); they are not of handlers.
TAG_MARK = "tag "
_TAG_COUNTER = re.compile(TAG_MARK + r"(\w+) ([^:=]+):(.*)")
_METRIC = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NOT_OF_METRICS = re.compile(r"[^a-zA-Z0-9_]")
_ADDED = re.compile(r"(?:_total)+$")


@dataclass(frozen=True, slots=True)
class RunNotes:
    """All that one run has told so far, so that it can be written again.

    None leaves what was written before.
    `usage` are sums by name. `log` is the end of what was logged, `log_cut` how many lines before it are gone. `result_ttl_s` counts from
    the moment it is written, just before the run's ending.
    """

    job_id: str
    fence: int
    type: str
    usage: Mapping[str, float] = field(default_factory=dict)
    cpu_s: float | None = None
    peak_bytes: int | None = None
    log: str | None = None
    log_cut: int = 0
    result_ttl_s: float | None = None


@dataclass(frozen=True, slots=True)
class NotedRun:
    """The kept notes of one run, as a person sees them; only a job's last logged runs keep their lines."""

    fence: int
    noted_at: datetime
    usage: tuple[tuple[Untrusted, float], ...] = ()
    cpu_s: float | None = None
    peak_bytes: int | None = None
    log: Untrusted | None = None
    log_cut: int = 0


@dataclass(frozen=True, slots=True)
class UsageTotal:
    """The sum of one counter over the runs of one type in one queue."""

    queue: Untrusted
    type: Untrusted
    name: Untrusted
    amount: float


def to_total(queue: str, job_type: str, name: str, *, amount: float) -> UsageTotal:
    """Return the total from a store's sums."""
    return UsageTotal(Untrusted(queue), Untrusted(job_type), Untrusted(name), amount)


def tag_counter(tag: str, value: str, ending: str) -> str:
    """Return the name that runs of a tag's value are counted under, by how they ended."""
    return f"{TAG_MARK}{ending} {tag}:{value}"[:COUNTER_NAME_CHARS]


def read_tag_counter(name: str) -> tuple[str, str, str] | None:
    """Return the tag, its value and the ending that a counter is of, None for one of handlers."""
    found = _TAG_COUNTER.fullmatch(name)
    return None if found is None else (found[2], found[3], found[1])


def usage_of_handlers(totals: Iterable[UsageTotal]) -> tuple[UsageTotal, ...]:
    """Return the totals without the counters by tags."""
    return tuple(one for one in totals if read_tag_counter(one.name.raw) is None)


def told_by_handler(run: NotedRun) -> NotedRun:
    """Return the notes of a run without the counters by tags."""
    return replace(run, usage=tuple(pair for pair in run.usage if read_tag_counter(pair[0].raw) is None))


def metric_name(name: str) -> str:
    """Return the name of a counter as Prometheus takes it, without the `_total` that it adds itself."""
    plain = _ADDED.sub("", _NOT_OF_METRICS.sub("_", name))
    return plain if _METRIC.fullmatch(plain) else f"_{plain}"


def add_usage(runs: tuple[NotedRun, ...]) -> dict[str, float]:
    """Return the sums of counters over all runs of a job, by name."""
    total: dict[str, float] = {}
    for run in runs:
        for name, amount in run.usage:
            total[name.raw] = total.get(name.raw, 0.0) + amount
    return {name: plain_number(amount) for name, amount in sorted(total.items())}


def plain_number(amount: float) -> float:
    """Return an amount, as a whole number where it is one."""
    return int(amount) if amount.is_integer() else amount


def describe_noted_run(run: NotedRun) -> dict[str, Any]:
    """Return the notes of a run as programs read them, less its log."""
    return {
        "fence": run.fence,
        "noted_at": to_text(run.noted_at),
        "usage": {name.raw: plain_number(amount) for name, amount in run.usage},
        "cpu_seconds": run.cpu_s,
        "peak_bytes": run.peak_bytes,
        "log_lines": 0 if run.log is None else run.log.raw.count("\n") + 1 + run.log_cut,
    }


def describe_usage(total: UsageTotal) -> dict[str, Any]:
    """Return a total as programs read it."""
    return {
        "queue": total.queue.raw,
        "type": total.type.raw,
        "name": total.name.raw,
        "amount": plain_number(total.amount),
    }
