"""Prometheus metrics of a worker's runs; needs the extra `metrics`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from queuetui.engine.tag_counts import BoundedValues, tag_values
from queuetui.model.errors import BadConfig
from queuetui.model.job import Ending
from queuetui.model.run_notes import metric_name, read_tag_counter

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter

    from queuetui.engine.held import RunEnding

MOST_COUNTERS = 50
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
_TAKEN = frozenset({"type", "status", "queue", "error", "le"})
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FAILURES = frozenset({Ending.FAILED, Ending.RETRY, Ending.LOST})


class RunMetrics:
    """Counts runs by type, ending and queue, and the counters of handlers.

    `labels` are names of tags: a job's tag `provider:acme` or `provider=acme` is the value of the label `provider`.
    """

    def __init__(self, registry: CollectorRegistry, labels: Sequence[str], running: Callable[[], int]) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        self._registry = registry
        self._labels = tuple(labels)
        self._values = {name: BoundedValues() for name in ("type", "queue", "error", *labels)}
        self._counters: dict[str, Counter] = {}
        self._lock = Lock()
        self._children: dict[Any, Any] = {}
        shared = ("type", "queue", *self._labels)
        self._jobs = Counter("jobs", "Runs that ended.", (*shared, "status"), registry=registry)
        self._errors = Counter("job_errors", "Runs that ended with an error.", (*shared, "error"), registry=registry)
        self._durations = Histogram(
            "job_duration_seconds",
            "How long handlers ran.",
            shared,
            buckets=BUCKETS_S,
            registry=registry,
        )
        active = Gauge("active_jobs", "Runs that are under way in this worker.", registry=registry)
        active.set_function(running)

    def count(self, ended: RunEnding) -> None:
        """Count a run whose ending the store has accepted; a released job has not run and is not counted."""
        job, settlement = ended.run.job, ended.settlement
        if settlement.ending is Ending.RELEASED:
            return
        where = self._where(job.type, job.queue, job.tags)
        self._child(self._jobs, where, settlement.ending.value).inc()
        if settlement.duration_s is not None:
            self._child(self._durations, where).observe(settlement.duration_s)
        if settlement.ending in _FAILURES:
            error = settlement.error.class_name if settlement.error is not None else settlement.ending.value
            self._child(self._errors, where, self._values["error"].read(error)).inc()
        notes = ended.run.context.notes
        for name, amount in () if notes is None else tuple(notes.usage.items()):
            if read_tag_counter(name) is None:
                self._count_usage(name, amount, where)

    def _where(self, job_type: str, queue: str, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Return the values of the labels that all series of a run share."""
        named = tag_values(tags, self._labels) if self._labels else {}
        values = {"type": job_type, "queue": queue, **named}
        return tuple(self._values[name].read(value) for name, value in values.items())

    def _child(self, metric: Any, where: tuple[str, ...], *last: str) -> Any:  # noqa: ANN401 - of any kind of metric
        """Return one series of a metric, remembered: finding it costs more than counting."""
        key = (metric, where, last)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = metric.labels(*where, *last)
        return child

    def _count_usage(self, name: str, amount: float, where: tuple[str, ...]) -> None:
        counter = self._counter(metric_name(name))
        # Counters of Prometheus never fall, so negative amounts are left out.
        if counter is not None and amount > 0:
            self._child(counter, where).inc(amount)

    def _counter(self, name: str) -> Counter | None:
        """Return the metric of a counter; None beyond the first MOST_COUNTERS and for a name already in use."""
        from prometheus_client import Counter

        with self._lock:
            if name not in self._counters:
                if len(self._counters) >= MOST_COUNTERS:
                    return None
                try:
                    self._counters[name] = Counter(
                        name,
                        "What handlers counted.",
                        ("type", "queue", *self._labels),
                        registry=self._registry,
                    )
                except ValueError:
                    return None
            return self._counters[name]


@contextmanager
def served(port: int, labels: Sequence[str], running: Callable[[], int]) -> Iterator[RunMetrics]:
    """Serve a worker's metrics on a port of this host until the block ends; raises BadConfig."""
    try:
        from prometheus_client import CollectorRegistry, start_http_server
    except ImportError:
        raise BadConfig("metrics need the extra: pip install 'queuetui[metrics]'", "--metrics-port") from None
    for name in labels:
        if not _LABEL.fullmatch(name) or name in _TAKEN or name.startswith("__"):
            raise BadConfig(
                f"{name!r} cannot be a label; use letters, digits and _, and not {', '.join(sorted(_TAKEN))}",
                "--metrics-label",
            )
    registry = CollectorRegistry()
    metrics = RunMetrics(registry, labels, running)
    try:
        server, thread = start_http_server(port, "127.0.0.1", registry)
    except OSError as error:
        raise BadConfig(
            f"metrics cannot be served on port {port} ({error.strerror}); choose another one", "--metrics-port"
        ) from error
    try:
        yield metrics
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
