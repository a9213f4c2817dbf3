"""The settings of a worker, as the command line gives them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from queuetui.engine.allowed import AllowRule
from queuetui.model.command import COMMAND_TAG
from queuetui.model.duration import read_span_s
from queuetui.model.names import read_counted_tag, read_queues, read_tags

DEFAULT_CONCURRENCY = 4
DEFAULT_BATCH = 500
DEFAULT_LOG_JOBS = 50
Isolation = Literal["thread", "process"]
_DURATIONS = (
    "timeout_s",
    "job_timeout_s",
    "sleep_s",
    "grace_s",
    "lease_s",
    "cancel_grace_s",
    "result_ttl_s",
    "unknown_after_s",
)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """How a worker works; None is "no limit", and for `queues` every queue.

    `queues` are claimed from in their order, the first one first. `jobs` limits how many jobs are run, `timeout_s` the worker's lifetime.
    `batch` is how many jobs at most are claimed, and endings written, at a time: a killed worker leaves that many to be run again.
    `job_timeout_s` limits a run whose job and type set no limit. `burst` ends the worker when nothing is pending.
    `retry_jitter` overrides the jitter of every back-off. `root` is the folder that undeclared handlers may come from by default.
    The start and completion of up to `log_jobs` runs a second are logged one by one; of more runs only their number is logged.
    With `isolation` None only the types with a hard limit run in child processes. A child is replaced after `recycle_jobs` runs, or when
    it uses more than `recycle_memory_mb`; a run there has `cancel_grace_s` to end after a cancel request before it is killed.
    `measure` keeps the processor time and memory of every run; results are deleted after `result_ttl_s` unless their type says otherwise.
    `metrics_port` serves metrics of the runs, with labels from the tags named in `metrics_labels`. Runs are counted
    in the store by the values of `counted_tags`.
    A job of a type without a handler here is released until this worker has known it for `unknown_after_s`; then it fails.
    `allow_command` lets jobs be shell commands.
    """

    queues: tuple[str, ...] | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    batch: int = DEFAULT_BATCH
    jobs: int | None = None
    burst: bool = False
    timeout_s: float | None = None
    job_timeout_s: float | None = None
    sleep_s: float = 1.0
    max_memory_mb: float | None = None
    grace_s: float = 25.0
    lease_s: float = 30.0
    tags: tuple[str, ...] = ()
    app: str | None = None
    allow: tuple[str, ...] = ()
    retry_jitter: float | None = None
    isolation: Isolation | None = None
    recycle_jobs: int | None = None
    recycle_memory_mb: float | None = None
    cancel_grace_s: float = 2.0
    root: Path | None = None
    log_jobs: int = DEFAULT_LOG_JOBS
    allow_command: bool = False
    measure: bool = False
    result_ttl_s: float | None = None
    unknown_after_s: float = 3600.0
    metrics_port: int | None = None
    metrics_labels: tuple[str, ...] = ()
    counted_tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse invalid names and durations; raises TypeError or ValueError."""
        for name in _DURATIONS:
            if (span := getattr(self, name)) is not None:
                object.__setattr__(self, name, read_span_s(span, name))
        if self.queues is not None:
            object.__setattr__(self, "queues", read_queues(self.queues))
        object.__setattr__(self, "tags", read_tags(self.tags))
        object.__setattr__(self, "counted_tags", tuple(map(read_counted_tag, self.counted_tags)))

    @property
    def all_tags(self) -> tuple[str, ...]:
        """The tags that jobs may need: those of the worker, and the tag for commands if it runs them."""
        return (*self.tags, COMMAND_TAG) if self.allow_command else self.tags

    def allow_rule(self) -> AllowRule:
        """Return the rule for the handlers that a job's type may name."""
        return AllowRule(self.allow, self.root or Path.cwd(), commands=self.allow_command)
