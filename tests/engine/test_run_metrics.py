"""What a worker tells Prometheus of what it did."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from queuetui.engine.held import Run, RunEnding
from queuetui.engine.run_metrics import RunMetrics, served
from queuetui.engine.tag_counts import MOST_VALUES, OTHER
from queuetui.model.clock import EPOCH
from queuetui.model.errors import BadConfig
from queuetui.model.job import ClaimedJob, Ending, RunError, Settlement
from queuetui.model.job_id import new_job_id

NOTHING: Mapping[str, float] = {}


class Scraped:
    """Metrics and what a scrape of them gives."""

    def __init__(self, *labels: str) -> None:
        self.registry = CollectorRegistry()
        self.metrics = RunMetrics(self.registry, labels, lambda: 3)

    def end(
        self,
        ending: Ending,
        job_type: str = "Send",
        error: str = "",
        tags: tuple[str, ...] = (),
        usage: Mapping[str, float] = NOTHING,
    ) -> None:
        """Count one run."""
        job = ClaimedJob(new_job_id(), 1, job_type, "mail", b"", None, 0, 0, 3, 0, None, tags, None, EPOCH, EPOCH)
        run = Run(job, "w")
        for name, amount in usage.items():
            run.context.count(name, amount)
        failure = RunError(error, "said so") if error else None
        self.metrics.count(RunEnding(run, Settlement(job.id, 1, job_type, ending, 0.2, error=failure)))

    def samples(self) -> dict[tuple[str, tuple[str, ...]], float]:
        """Return every sample by its name and the values of its labels in alphabetical order of their names."""
        families = text_string_to_metric_families(generate_latest(self.registry).decode())
        return {
            (one.name, tuple(value for _, value in sorted(one.labels.items()))): one.value
            for family in families
            for one in family.samples
            if not one.name.endswith("_created")
        }


@pytest.fixture
def port() -> Iterator[int]:
    """A port that somebody else has."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_runs_are_counted_by_type_status_and_queue() -> None:
    """Endings, errors, durations and what handlers counted have their series; what was only given back has none."""
    scraped = Scraped()
    scraped.end(Ending.COMPLETED, usage={"credits_used": 2.5})
    scraped.end(Ending.COMPLETED, usage={"credits used total": 1, ".total": 4})
    scraped.end(Ending.FAILED, error="TimeoutError")
    scraped.end(Ending.RELEASED)
    samples = scraped.samples()
    assert samples["jobs_total", ("mail", "completed", "Send")] == 2
    assert samples["jobs_total", ("mail", "failed", "Send")] == 1
    assert samples["job_errors_total", ("TimeoutError", "mail", "Send")] == 1
    assert samples["job_duration_seconds_count", ("mail", "Send")] == 3
    assert samples["credits_used_total", ("mail", "Send")] == 3.5
    assert samples["__total", ("mail", "Send")] == 4
    assert samples["active_jobs", ()] == 3


def test_tags_give_labels() -> None:
    """A tag of a declared name is the value of its label; other tags are none, and a job without one has an empty value."""
    scraped = Scraped("provider")
    scraped.end(Ending.COMPLETED, tags=("provider:acme", "vip", "zone:eu"))
    scraped.end(Ending.COMPLETED)
    jobs = {labels: value for (name, labels), value in scraped.samples().items() if name == "jobs_total"}
    assert jobs == {("acme", "mail", "completed", "Send"): 1, ("", "mail", "completed", "Send"): 1}


def test_what_a_queue_is_full_of_is_bounded() -> None:
    """Types beyond the bound are called other, and hostile names harm no scrape."""
    scraped = Scraped()
    scraped.end(Ending.COMPLETED, job_type='a"\n\\{}')
    for number in range(MOST_VALUES + 50):
        scraped.end(Ending.COMPLETED, job_type=f"type-{number}", usage={f"jobs {number % 3}": 1})
    types = [labels[2] for name, labels in scraped.samples() if name == "jobs_total"]
    assert len(types) == MOST_VALUES + 1
    assert OTHER in types


def test_metrics_are_served_until_the_end() -> None:
    """A scrape over HTTP reads them; afterwards the port is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    with served(number, (), lambda: 0), urlopen(f"http://127.0.0.1:{number}/metrics") as answer:
        assert b"active_jobs 0.0" in answer.read()
    with served(number, (), lambda: 0):
        pass


def test_a_port_in_use_is_told(port: int) -> None:
    """Who asks for a port that somebody has is told so, and to choose another one."""
    with pytest.raises(BadConfig, match=rf"port {port} .*choose another"), served(port, (), lambda: 0):
        pass


@pytest.mark.parametrize("label", ["type", "9lives", "__name__", "a b", ""])
def test_a_label_that_cannot_be_is_refused(label: str) -> None:
    """Labels of ours and names that Prometheus does not take are refused."""
    with pytest.raises(BadConfig, match="cannot be a label"), served(1, (label,), lambda: 0):
        pass
