"""Writes the Grafana dashboard: `python monitoring/make_dashboard.py > monitoring/grafana.json`."""

from __future__ import annotations

import json
import sys
from typing import Any

WIDTH, HEIGHT = 12, 8
FAILED_SHARE = (
    'sum by (queue) (rate(jobs_total{status="failed"}[5m]))'
    ' / sum by (queue) (rate(jobs_total{status=~"completed|failed"}[5m]))'
)
# Title, unit, and a line each: the expression and its legend.
PANELS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Waiting jobs", "short", (("sum by (backend, queue) (queue_depth)", "{{backend}} {{queue}}"),)),
    ("Age of the oldest due job", "s", (("max by (backend, queue) (queue_oldest_seconds)", "{{backend}} {{queue}}"),)),
    ("Ended runs a second", "ops", (("sum by (status) (rate(jobs_total[5m]))", "{{status}}"),)),
    (
        "Failed of the ended jobs",
        "percentunit",
        (
            (
                FAILED_SHARE,
                "{{queue}}",
            ),
        ),
    ),
    (
        "Run time",
        "s",
        tuple(
            (
                f"histogram_quantile({share}, sum by (le) (rate(job_duration_seconds_bucket[5m])))",
                f"p{round(share * 100)}",
            )
            for share in (0.5, 0.95, 0.99)
        ),
    ),
    (
        "Slowest types, p95",
        "s",
        (
            (
                "topk(10, histogram_quantile(0.95, sum by (le, type) (rate(job_duration_seconds_bucket[15m]))))",
                "{{type}}",
            ),
        ),
    ),
    ("Errors by class, a second", "ops", (("topk(10, sum by (error) (rate(job_errors_total[5m])))", "{{error}}"),)),
    (
        "Running and stuck jobs",
        "short",
        (
            ("sum by (backend) (active_jobs)", "running {{backend}}"),
            ("sum by (backend) (jobs_stuck)", "stuck {{backend}}"),
        ),
    ),
    ("Workers", "short", (("sum by (backend, live) (workers)", "{{backend}} live {{live}}"),)),
    ("Health (1 healthy, 0.5 degraded, 0 unhealthy)", "short", (("min by (backend) (queues_healthy)", "{{backend}}"),)),
)


def panel(number: int, title: str, unit: str, lines: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Return one chart, two in a row."""
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "gridPos": {"x": number % 2 * WIDTH, "y": number // 2 * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {"refId": chr(ord("A") + place), "expr": expression, "legendFormat": legend}
            for place, (expression, legend) in enumerate(lines)
        ],
    }


def dashboard() -> dict[str, Any]:
    """Return the whole dashboard."""
    source = {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}
    return {
        "title": "queuetui",
        "uid": "queuetui",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source]},
        "panels": [panel(number, *one) for number, one in enumerate(PANELS)],
    }


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=2)
    sys.stdout.write("\n")
