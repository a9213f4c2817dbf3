"""Everything that the command line says to a worker."""

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

    `queues` are listened to in their order, the first one first. `jobs` bounds how many are run, `timeout_s` the worker's own life,
    `batch` is how many jobs at most are claimed, and endings written, at a time: what a killed worker may leave to be run again.
    `job_timeout_s` a run whose job and type name no limit of their own. `burst` ends the worker when nothing is pending.
    `retry_jitter` overrides the spread of every back-off. `root` is where undeclared handlers may come from by default.
    Of `log_jobs` runs a second the start and the completion are told one by one, of more only how many they were.
    `isolation` None runs only the types with a hard limit in child processes. A child is replaced after `recycle_jobs` runs and when
    it holds more than `recycle_memory_mb`; a run there has `cancel_grace_s` to give way to a person before it is killed.
    `measure` keeps of every run what it took of the machine; results are deleted after `result_ttl_s` where their type says nothing.
    `metrics_port` serves what was done as metrics, with labels from the tags named in `metrics_labels`. Runs are counted
    in the store by the values of `counted_tags`.
    A job of a type without a handler here is given back until this worker has met it for `unknown_after_s`; then it fails.
    `allow_command` lets jobs be commands of the system's shell.
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
        """Refuse names and durations that cannot be; raises TypeError or ValueError."""
        for name in _DURATIONS:
            if (span := getattr(self, name)) is not None:
                object.__setattr__(self, name, read_span_s(span, name))
        if self.queues is not None:
            object.__setattr__(self, "queues", read_queues(self.queues))
        object.__setattr__(self, "tags", read_tags(self.tags))
        object.__setattr__(self, "counted_tags", tuple(map(read_counted_tag, self.counted_tags)))

    @property
    def all_tags(self) -> tuple[str, ...]:
        """What jobs may need of this worker: its tags, and that it runs commands."""
        return (*self.tags, COMMAND_TAG) if self.allow_command else self.tags

    def allow_rule(self) -> AllowRule:
        """Return what a job may choose to be run by."""
        return AllowRule(self.allow, self.root or Path.cwd(), commands=self.allow_command)
