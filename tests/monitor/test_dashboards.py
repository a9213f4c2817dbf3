"""The dashboard and the alert rules ask for metrics that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from monitoring.make_dashboard import dashboard
from queuetui.engine.held import Run, RunEnding
from queuetui.engine.run_metrics import RunMetrics
from queuetui.model.clock import EPOCH
from queuetui.model.job import ClaimedJob, Ending, RunError, Settlement
from queuetui.monitor.store_metrics import StoreMetrics
from tests.architecture.source import ROOT
from tests.monitor.pictures import LIMITS
from tests.monitor.test_health import picture

ALERTS = ROOT / "monitoring" / "alerts.yaml"
WORDS = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
OF_PROMQL = {"sum", "by", "rate", "topk", "histogram_quantile", "max", "min", "and", "on", "m"}


def samples() -> dict[str, set[str]]:
    """Return the labels of each sample that a worker and a server give."""
    registry = CollectorRegistry()
    registry.register(StoreMetrics(lambda: [(picture(), LIMITS)]))
    worker = CollectorRegistry()
    metrics = RunMetrics(worker, (), lambda: 1)
    job = ClaimedJob("id", 1, "Send", "mail", b"", None, 0, 0, 3, 0, None, (), None, EPOCH, EPOCH)
    for ending, error in ((Ending.COMPLETED, None), (Ending.FAILED, RunError("E", "no"))):
        metrics.count(RunEnding(Run(job, "w"), Settlement("id", 1, "Send", ending, 0.1, error=error)))
    found: dict[str, set[str]] = {}
    for scraped in (registry, worker):
        for family in text_string_to_metric_families(generate_latest(scraped).decode()):
            for one in family.samples:
                found.setdefault(one.name, set()).update(one.labels)
    return found


def words_of(expression: str) -> set[str]:
    """Return the names of metrics and labels in an expression, without values and durations."""
    plain = re.sub(r'"[^"]*"|\[[^\]]*\]', "", expression)
    return set(WORDS.findall(plain)) - OF_PROMQL


def expressions() -> list[str]:
    """Return every expression of the rules and of the dashboard."""
    text = ALERTS.read_text(encoding="utf-8")
    rules = re.findall(r"expr: (?:>-\n)?((?:.|\n +/)*)", text)
    return [*rules, *(target["expr"] for panel in dashboard()["panels"] for target in panel["targets"])]


def test_every_name_is_given() -> None:
    """Each metric and label that a rule or a chart asks for is in a real scrape."""
    given = samples()
    known = set(given) | {label for labels in given.values() for label in labels}
    asked = expressions()
    assert len(asked) > 15
    assert {expression: words_of(expression) - known for expression in asked if words_of(expression) - known} == {}


def test_the_shipped_dashboard_is_the_one_that_is_written() -> None:
    """The file is what its script writes."""
    assert json.loads((ROOT / "monitoring" / "grafana.json").read_text(encoding="utf-8")) == dashboard()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_takes_the_rules() -> None:
    """Prometheus' own tool finds no fault in the rules."""
    checked = subprocess.run(["promtool", "check", "rules", str(ALERTS)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
