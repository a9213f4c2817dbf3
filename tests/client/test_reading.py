"""What programs read and change through a queue."""

from __future__ import annotations

import math
import threading
from datetime import timedelta

import pytest

from queuetui.client import Queue
from queuetui.model.act import Outcome
from queuetui.model.errors import BadQuery, NotFound
from queuetui.model.state import State


def test_the_figures_name_every_state(queue: Queue) -> None:
    """Stats has each state, stuck and total, over all and per queue."""
    queue.enqueue("Send", queue="mail")
    queue.enqueue("Send", delay=60)
    stats = queue.stats()
    assert (stats["pending"], stats["scheduled"], stats["total"], stats["stuck"]) == (1, 1, 2, 0)
    assert {"processing", "retrying", "completed", "failed", "cancelled", "average_seconds"} <= set(stats)
    assert stats["queues"]["mail"]["pending"] == 1


def test_recent_is_newest_first(queue: Queue) -> None:
    """Recent returns the newest jobs, newest first."""
    ids = [queue.enqueue("Send", {"n": n}).id for n in range(5)]
    assert [job.id for job in queue.recent(3)] == ids[:1:-1]


def test_pages_go_on_where_the_last_one_ended(queue: Queue) -> None:
    """A cursor leads through all jobs that match, each once."""
    queue.enqueue_many([queue.new("Send", {"n": n}, queue="mail") for n in range(25)])
    queue.enqueue("Other")
    seen: list[str] = []
    after = None
    for _ in range(10):
        jobs, after = queue.jobs("queue:mail", limit=10, after=after)
        seen += [job.id for job in jobs]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 25


def test_values_are_true_and_whole(queue: Queue) -> None:
    """A document holds plain values, not texts that refuse to be shown."""
    payload = {"text": "x" * 10_000, "user": {"id": 7}}
    job = queue.get(queue.enqueue("Send\x1b[31m", payload).id)
    assert (job.type, job.payload, str(job.queue)) == ("Send\x1b[31m", payload, "default")


def test_a_filter_that_cannot_be_read_says_where() -> None:
    """BadQuery has the position."""
    with Queue("memory://") as queue, pytest.raises(BadQuery) as refused:
        queue.jobs("queue:mail state:nonsense")
    assert refused.value.position == 17


def test_what_is_not_there_is_not_found(queue: Queue) -> None:
    """get, cancel and retry of an unknown id say so."""
    for call in (queue.get, queue.cancel, queue.retry):
        with pytest.raises(NotFound):
            call("0" * 32)


def test_a_job_is_cancelled_and_made_pending_again(queue: Queue) -> None:
    """Cancel and retry act on the job as it stands and say what became of it."""
    job = queue.enqueue("Send", delay=3600)
    assert queue.cancel(job.id).outcome is Outcome.DONE
    assert queue.get(job.id).state == "cancelled"
    assert queue.cancel(job.id).outcome is Outcome.SKIPPED
    answer = queue.retry(job.id)
    assert (answer.outcome, answer.state_now, queue.get(job.id).state) == (Outcome.DONE, State.PENDING, "pending")


def test_a_stuck_job_is_marked() -> None:
    """A document says whether its job is stuck, by the same rule as the figures."""
    from queuetui.backends.base import BackendOptions
    from queuetui.model.limits import Limits

    with Queue("memory://", options=BackendOptions(create=True, limits=Limits(stuck_after_s=-1))) as queue:
        job = queue.enqueue("Send", queue="nobody")
        assert queue.get(job.id).stuck
        assert queue.stats()["stuck"] == 1


def test_waiting_for_a_job_to_end(queue: Queue) -> None:
    """A job is returned once it is final; one that goes on is said to, at once where no time is left, and an unknown one is not found."""
    job = queue.enqueue("Send", delay=3600)
    with pytest.raises(TimeoutError, match="still scheduled after"):
        queue.wait(job.id, timeout_s=0.05)
    for over in (-0.5, timedelta(-1), -math.inf):
        with pytest.raises(TimeoutError, match="after 0 s"):
            queue.wait(job.id, over)
    threading.Timer(0.1, queue.cancel, [job.id]).start()
    assert queue.wait(job.id, math.inf).state == "cancelled"
    with pytest.raises(NotFound):
        queue.wait("0" * 32)
