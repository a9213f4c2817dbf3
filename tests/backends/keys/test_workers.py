"""Which workers of a product are live, and what stops them all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.verdict import Code
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.diagnosis.facts import gather_facts


def _rq_with_idle_worker(url: str, *, ends_ms: int) -> redis.Redis:
    """Put a job that is long due and a worker that has been idle for two minutes, whose hash ends so much later."""
    client = redis.Redis.from_url(url)
    long_ago = (datetime.now(UTC) - timedelta(minutes=20)).isoformat()
    two_minutes_ago = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    client.sadd("rq:queues", "rq:queue:mail")
    client.hset("rq:job:one", mapping={"status": "queued", "origin": "mail", "enqueued_at": long_ago})
    client.rpush("rq:queue:mail", "one")
    client.sadd("rq:workers", "rq:worker:w")
    client.hset(
        "rq:worker:w",
        mapping={"birth": long_ago, "last_heartbeat": two_minutes_ago, "queues": "mail", "state": "idle", "pid": "7"},
    )
    client.pexpire("rq:worker:w", ends_ms)
    return client


def _look(url: str) -> tuple[Snapshot, Job]:
    inspector = open_backend(url, BackendOptions(kind="rq")).inspector
    snapshot = inspector.snapshot(Watch(page=PageRequest()))
    return snapshot, inspector.get("one")


def _verdict(url: str) -> Code:
    snapshot, job = _look(url)
    capabilities = open_backend(url, BackendOptions(kind="rq")).inspector.capabilities
    return explain(job, gather_facts(snapshot, {}, Limits(), capabilities)).code


def test_an_idle_worker_is_live_as_long_as_rq_keeps_it(redis_url: str) -> None:
    """RQ's idle workers beat seldom: one that is registered consumes its queue, and one whose hash has ended does not."""
    client = _rq_with_idle_worker(redis_url, ends_ms=300_000)
    snapshot, _ = _look(redis_url)
    assert [queue.consumers for queue in snapshot.queues] == [1]
    assert _verdict(redis_url) is not Code.NO_CONSUMER
    client.delete("rq:worker:w")
    assert _verdict(redis_url) is Code.NO_CONSUMER


def test_suspended_workers_are_told_of(redis_url: str) -> None:
    """`rq suspend` pauses every queue: the queue is shown so, and that is why its jobs wait."""
    client = _rq_with_idle_worker(redis_url, ends_ms=300_000)
    client.set("rq:suspended", 1)
    snapshot, _ = _look(redis_url)
    assert [(queue.is_paused, queue.paused_at) for queue in snapshot.queues] == [(True, None)]
    assert _verdict(redis_url) is Code.QUEUE_PAUSED
    view = open_backend(redis_url, BackendOptions(kind="rq")).inspector.view("one", 0)
    assert [queue.is_paused for queue in view.queues] == [True]


@pytest.mark.parametrize(
    "told",
    [
        {"queues": ["mail", "slow"]},
        {
            "capsules": {
                "default": {"concurrency": 2, "weights": {"mail": 0}},
                "one": {"weights": {"slow": 1, "mail": 0}},
            }
        },
    ],
)
def test_a_process_of_sidekiq_takes_from_its_queues(redis_url: str, told: dict[str, object]) -> None:
    """A process tells its queues in a list, since 8.0.8 by its capsules; one that was quieted is stopping."""
    client = redis.Redis.from_url(redis_url)
    client.sadd("processes", "host:7:a")
    info = {"hostname": "host", "pid": 7, "concurrency": 3, "started_at": 1.5e9, **told}
    client.hset("host:7:a", mapping={"info": json.dumps(info), "busy": 1, "beat": 1.5e9, "quiet": "true", "rss": 10})
    client.expire("host:7:a", 60)
    (worker,) = open_backend(redis_url, BackendOptions(kind="sidekiq")).inspector.snapshot(Watch()).workers
    assert [queue.raw for queue in worker.queues] == ["mail", "slow"]
    assert (worker.slots, worker.stopping, worker.registration_ends) == (3, True, True)
