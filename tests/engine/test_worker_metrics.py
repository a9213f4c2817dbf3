"""A worker that serves its metrics."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from queuetui.client.queue import Queue
from tests.bounded import bounded
from tests.waiting import wait_until

APP = """
from queuetui import job

@job("spend")
def spend(payload, context):
    context.count("credits_used", payload["amount"])

@job("fail")
def fail(payload):
    raise OSError("no")
"""

OPTIONS = (
    *("--metrics-label", "provider", "--count-tag", "provider", "--batch", "1", "--log-jobs", "0"),
    *("--retry-jitter", "0", "--recycle-jobs", "5", "--measure", "--result-ttl", "1h"),
)


@pytest.mark.timed
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_worker_tells_what_it_did(tmp_path: Path, isolation: str) -> None:
    """In threads and in processes alike a scrape counts what ran, what failed and what handlers counted."""
    (tmp_path / "app.py").write_text(APP)
    url = f"sqlite:///{tmp_path}/q.db"
    with Queue(url) as queue:
        spend = queue.enqueue("spend", {"amount": 2.5}, tags=["provider:acme"]).id
        queue.enqueue("fail", max_attempts=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = ["worker", "--url", url, "--app", "app", "--isolation", isolation, "--metrics-port", port, *OPTIONS]

    def scrape() -> str:
        try:
            with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    worker = subprocess.Popen([sys.executable, "-m", "queuetui", *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    with bounded(worker):
        wait_until(lambda: scrape().count("jobs_total{") == 2)
        told = scrape()
        worker.terminate()
    assert 'jobs_total{provider="acme",queue="default",status="completed",type="spend"} 1.0' in told
    assert 'credits_used_total{provider="acme",queue="default",type="spend"} 2.5' in told
    assert 'job_errors_total{error="OSError",provider="",queue="default",type="fail"} 1.0' in told
    with Queue(url) as queue:
        (run,) = queue.backend.inspector.view(spend, 0).runs
        counted = {one.name.raw: one.amount for one in queue.backend.notes.usage_totals(60)}
    assert run.cpu_s is not None
    assert counted == {"credits_used": 2.5, "tag completed provider:acme": 1.0}
    assert "tag_completed" not in told
