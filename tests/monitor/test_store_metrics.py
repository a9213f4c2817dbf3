"""What stands in a store, as Prometheus reads it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from queuetui.monitor.store_metrics import StoreMetrics
from tests.monitor.pictures import LIMITS
from tests.monitor.test_health import picture


def test_a_scrape_tells_each_system() -> None:
    """Depth, age, states, workers and health of every system; what is not kept has no sample."""
    registry = CollectorRegistry()
    registry.register(StoreMetrics(lambda: [(picture(), LIMITS)]))
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = {(one.name, *sorted(one.labels.values())): one.value for family in families for one in family.samples}
    assert samples["queue_depth", "mail", "shop"] == 94
    assert samples["queue_oldest_seconds", "mail", "shop"] == 90
    assert samples["queue_error_rate", "mail", "shop"] == 0.25
    assert samples["queue_jobs", "mail", "scheduled", "shop"] == 1_000
    assert samples["active_jobs", "shop"] == 3
    assert samples["jobs_stuck", "shop"] == 0
    assert (samples["workers", "shop", "true"], samples["workers", "false", "shop"]) == (1, 1)
    assert samples["queues_healthy", "shop"] == 1
