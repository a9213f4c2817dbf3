"""What Bull 3 and 4 and BullMQ up to 4 wrote otherwise than BullMQ 5, as seen on running systems."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, open_backend
from queuetui.model.act import Act, Target, Verb
from queuetui.model.errors import Unsupported
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State

_SHELVES = {"delayed": 7356460880146435, "failed": 1796007357060, "completed": 1796007357067}


def _add_queue(client: redis.Redis, name: str, tries: dict[str, int]) -> None:
    """Put a job on each shelf, with the count of tries that its hash has, by its shelf."""
    client.set(f"bull:{name}:id", 4)
    for number, shelf in enumerate(("delayed", "failed", "completed", "active"), start=1):
        made: dict[str, str | int] = {"attemptsMade": tries[shelf]} if shelf in tries else {}
        hash_: dict[str, str | int] = {
            "name": shelf,
            "data": "{}",
            "opts": '{"attempts":4}',
            "timestamp": 1796007354863,
            "processedOn": 1796007357034,
        }
        client.hset(f"bull:{name}:{number}", mapping=dict[Any, Any]({**hash_, **made}))
        if shelf in _SHELVES:
            client.zadd(f"bull:{name}:{shelf}", {str(number): _SHELVES[shelf]})
        else:
            client.lpush(f"bull:{name}:{shelf}", number)


@pytest.mark.parametrize(
    ("meta", "tries"),
    [
        ({}, {"delayed": 1, "failed": 1}),
        ({"opts.maxLenEvents": "10000"}, {"delayed": 1, "failed": 1, "completed": 1, "active": 1}),
        ({"version": "bullmq:4.18.3"}, {"delayed": 1, "failed": 1, "completed": 1, "active": 1}),
    ],
    ids=["Bull 4.16", "BullMQ 1.91", "BullMQ 4.18"],
)
def test_runs_are_told_by_the_one_count_that_there_was(
    redis_url: str, meta: dict[str, str], tries: dict[str, int]
) -> None:
    """Bull counts the runs that failed, BullMQ up to 4 those that began: what is tried again is told from what never ran."""
    with redis.Redis.from_url(redis_url) as client:
        _add_queue(client, "mail", tries)
        if meta:
            client.hset("bull:mail:meta", mapping=meta)
    backend = open_backend(redis_url, BackendOptions())
    jobs = {job.type.raw: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
    states = {
        "delayed": State.RETRYING,
        "failed": State.FAILED,
        "completed": State.COMPLETED,
        "active": State.PROCESSING,
    }
    assert {name: job.state for name, job in jobs.items()} == states
    assert {job.attempts for job in jobs.values()} == {1}
    assert {job.max_attempts for job in jobs.values()} == {4}
    (queue,) = backend.inspector.snapshot(Watch()).queues
    assert queue.counts[State.RETRYING].value == 1
    backend.close()


def test_queues_of_bull_are_no_queues_of_bullmq(redis_url: str) -> None:
    """Both may have one prefix: those without meta are only read, whatever the version of the others is."""
    with redis.Redis.from_url(redis_url) as client:
        _add_queue(client, "old", {"delayed": 1, "failed": 1})
        _add_queue(client, "new", {})
        client.hset("bull:new:meta", mapping={"version": "bullmq:5.81.5"})
        client.set("bull:old:meta-paused", 1)
        client.set("shop:cart:id", 7)
        assert [(one.kind, one.queues) for one in discover(redis_url, BackendOptions())] == [("bull", 1), ("bullmq", 1)]
    backend = open_backend(redis_url, BackendOptions(kind="bull"))
    (queue,) = backend.inspector.snapshot(Watch()).queues
    assert queue.name.raw == "old"
    assert queue.held
    with pytest.raises(Unsupported, match="Bull is only read"):
        backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(backend.inspector.get("old/2").ref)], Limits())
    backend.close()
