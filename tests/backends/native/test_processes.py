"""Many processes on one queue."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from queuetui.backends.native.sql.backend import SqlBackend

pytestmark = pytest.mark.timed

ENQUEUERS, WORKERS, JOBS = 4, 3, 100
ROOT = Path(__file__).resolve().parents[3]


def start(role: str, url: str, jobs: int) -> subprocess.Popen[str]:
    """Start one process of the crowd."""
    command = [sys.executable, "-m", "tests.backends.native.crowd", role, url, str(jobs)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": "src:."}
    )


def test_each_job_is_run_once_by_one_of_many_processes(backend: SqlBackend, url: str) -> None:
    """While four processes enqueue, three work, and all of them sweep, every job is claimed once and completed once."""
    started = [start("enqueue", url, JOBS) for _ in range(ENQUEUERS)] + [
        start("work", url, ENQUEUERS * JOBS) for _ in range(WORKERS)
    ]
    outputs = [process.communicate(timeout=100) for process in started]
    assert [(process.returncode, error) for process, (_, error) in zip(started, outputs, strict=True)] == [
        (0, "")
    ] * len(started)
    lines = [[json.loads(line) for line in said.splitlines()] for said, _ in outputs]
    sent = [job_id for said in lines[:ENQUEUERS] for job_id, created in said if created]
    runs = Counter((job_id, accepted) for said in lines[ENQUEUERS:] for job_id, _, accepted in said)
    assert len(sent) == ENQUEUERS * JOBS
    assert runs == Counter((job_id, True) for job_id in sent)
    assert backend.jobs.queues_ready(None) == ()
    counted = backend.database.read("counting", lambda session: session.rows("snapshot_total", most=10_000))
    assert counted == [(len(sent),)]
