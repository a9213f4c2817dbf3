"""The state of queue systems as Prometheus metrics; needs the extra `metrics`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from queuetui.model.limits import Limits, is_live
from queuetui.model.measured import Exactness
from queuetui.model.picture import Picture
from queuetui.monitor.health import judge_health

if TYPE_CHECKING:
    from prometheus_client.core import Metric

MOST_QUEUES = 200


class StoreMetrics:
    """A collector of prometheus-client that asks for the latest pictures at each scrape.

    `pictures` returns a picture of each system, with its limits. A figure that a store does not keep has no sample. The collector
    is registered with `registry.register`.
    """

    def __init__(self, pictures: Callable[[], Iterable[tuple[Picture, Limits]]]) -> None:
        self._pictures = pictures

    def describe(self) -> Iterable[Metric]:
        """Return no metrics, so that registering the collector reads no store."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics, labelled with the name of each system."""
        from prometheus_client.core import GaugeMetricFamily

        depth = GaugeMetricFamily("queue_depth", "Pending and retrying jobs.", labels=("backend", "queue"))
        sure = GaugeMetricFamily(
            "queue_depth_exact", "1 where the depth is counted whole now.", labels=("backend", "queue")
        )
        oldest = GaugeMetricFamily("queue_oldest_seconds", "Age of the longest due job.", labels=("backend", "queue"))
        by_state = GaugeMetricFamily("queue_jobs", "Jobs by state.", labels=("backend", "queue", "state"))
        rate = GaugeMetricFamily("queue_error_rate", "Failed among ended jobs, 5 minutes.", labels=("backend", "queue"))
        active = GaugeMetricFamily("active_jobs", "Jobs that are processed.", labels=("backend",))
        stuck = GaugeMetricFamily("jobs_stuck", "Jobs that need a person.", labels=("backend",))
        workers = GaugeMetricFamily("workers", "Registered workers.", labels=("backend", "live"))
        healthy = GaugeMetricFamily("queues_healthy", "1 healthy, 0.5 degraded, 0 unhealthy.", labels=("backend",))
        for picture, limits in self._pictures():
            snapshot, name = picture.snapshot, picture.snapshot.backend
            health = judge_health(picture, limits)
            for queue in snapshot.queues[:MOST_QUEUES]:
                of_queue, own = [name, queue.name.raw], health.queues[queue.name.raw]
                if own.depth.value is not None:
                    depth.add_metric(of_queue, own.depth.value)
                    sure.add_metric(of_queue, float(own.depth.exactness is Exactness.EXACT))
                oldest.add_metric(of_queue, own.oldest_s or 0.0)
                if own.recent is not None:
                    rate.add_metric(of_queue, own.recent.error_rate or 0.0)
                for state, count in queue.counts.items():
                    if count.value is not None:
                        by_state.add_metric([*of_queue, state.value], count.value)
            if health.active.value is not None:
                active.add_metric([name], health.active.value)
            if snapshot.stuck.value is not None:
                stuck.add_metric([name], snapshot.stuck.value)
            live = sum(is_live(worker, snapshot.now, limits) for worker in snapshot.workers)
            workers.add_metric([name, "true"], live)
            workers.add_metric([name, "false"], len(snapshot.workers) - live)
            healthy.add_metric([name], {"healthy": 1.0, "degraded": 0.5, "unhealthy": 0.0}[health.status.value])
        yield from (depth, sure, oldest, by_state, rate, active, stuck, workers, healthy)
