"""Jobs of types that a worker does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from queuetui.client import Queue
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told
from tests.waiting import wait_until


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two releases of one application; the new one knows one type more."""
    (tmp_path / "old_release.py").write_text("handlers = {'known': lambda payload: 'done'}\n")
    (tmp_path / "new_release.py").write_text(
        "handlers = {'known': lambda payload: 'done', 'ship': lambda payload: 'new'}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("releases")
@EVERY_STORE
def test_an_old_worker_leaves_new_types_to_the_new_one(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """During a rolling deployment the old worker gives a new type back, uncounted; the new one runs it with its first attempt."""
    job = queue.enqueue("ship", max_attempts=1)
    old = start_worker(app="old_release:handlers")
    wait_until(lambda: queue.get(job.id).state == "scheduled")
    given_back = queue.get(job.id)
    assert (given_back.attempts, given_back.lost, given_back.error) == (0, 0, None)
    assert given_back.updated_at != given_back.created_at
    told_of = [event for event in queue.events(job_id=job.id)[0] if event["event"] in {"JobStarted", "JobSnoozed"}]
    assert {(event["event"], event["data"].get("reason")) for event in told_of} == {("JobSnoozed", "NoHandler")}
    assert queue.health()["processingStats"]["averageProcessingTime"] is None
    (line,) = [line for line in told.of("job_snoozed") if line["job_id"] == job.id][:1]
    assert (line["error_class"], line["delay_s"]) == ("NoHandler", 1.0)
    wait_until(lambda: queue.why(job.id)["code"] == "no_handler")
    old.worker.stop()
    old.wait()
    start_worker(app="new_release:handlers")
    wait_until(lambda: queue.get(job.id).state == "completed")
    assert (queue.get(job.id).result, queue.get(job.id).attempts) == ("new", 1)


@pytest.mark.usefixtures("releases")
def test_a_type_that_nobody_learns_fails_in_the_end(
    queue: Queue, start_worker: StartWorker, clock: VirtualClock, told: Told
) -> None:
    """It is given back later each time, from a second to a minute, and fails as UnknownType once that went on for too long."""
    job = queue.enqueue("ship", max_attempts=5)
    other = queue.enqueue("known")
    start_worker(clock=clock, app="old_release:handlers", unknown_after_s=300)
    clock.pass_until(lambda: queue.get(job.id).state == "failed", 900)
    dead = queue.get(job.id)
    assert dead.error is not None
    assert (dead.error["class"], dead.attempts) == ("UnknownType", 1)
    assert "no handler for job type 'ship'" in dead.error["message"]
    delays = [line["delay_s"] for line in told.of("job_snoozed") if line["job_id"] == job.id]
    assert delays[:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert queue.get(other.id).state == "completed"
