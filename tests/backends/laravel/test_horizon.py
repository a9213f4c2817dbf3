"""Horizon's supervisors beside a Redis queue; what stands in their keys is written by its source, as it was not run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.snapshot import Snapshot, Watch
from tests.backends.captures import FIXTURES
from tests.captures.stores import STORES

_HORIZON = "qtlive_horizon:"


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    """A plain client of the capture's Redis."""
    STORES["keys.jsonl"].load(FIXTURES / "laravel-redis" / "keys.jsonl", redis_url)
    with redis.Redis.from_url(redis_url) as plain:
        yield plain


def _beat(client: Any, name: str, status: str, processes: str, *, is_gone: bool = False) -> None:
    client.zadd(f"{_HORIZON}supervisors", {name: int(time.time())})
    if is_gone:
        return
    card = {"name": name, "master": name.rpartition(":")[0], "pid": 77, "status": status, "processes": processes}
    client.hset(f"{_HORIZON}supervisor:{name}", mapping={**card, "options": '{"queue":"high"}'})
    client.expire(f"{_HORIZON}supervisor:{name}", 3000)


def _look(url: str) -> Snapshot:
    opened = open_backend(url, BackendOptions())
    picture = opened.inspector.snapshot(Watch())
    opened.close()
    return picture


def test_supervisors_are_the_workers(client: Any, redis_url: str) -> None:
    """A supervisor is shown with its host, process, queues and processes while its registration lasts."""
    _beat(client, "web-1-x3Fq:supervisor-1", "running", '{"redis:default":3,"redis:mail,high":2}')
    _beat(client, "web-2-aaaa:supervisor-1", "running", "{}", is_gone=True)
    (worker,) = _look(redis_url).workers
    assert (worker.host.raw, worker.pid, worker.slots) == ("web-1", 77, 5)
    assert [queue.raw for queue in worker.queues] == ["default", "mail", "high"]


def test_a_queue_that_only_paused_supervisors_serve_is_paused(client: Any, redis_url: str) -> None:
    """A pause of one supervisor leaves a queue open that another one serves."""
    _beat(client, "web-1-x3Fq:supervisor-1", "paused", '{"redis:default":1,"redis:high":1}')
    _beat(client, "web-1-x3Fq:supervisor-2", "running", '{"redis:high":1}')
    assert {queue.name.raw: queue.is_paused for queue in _look(redis_url).queues} == {"default": True, "high": False}


def test_without_horizon_nothing_is_said_of_workers(client: Any, redis_url: str) -> None:
    """Another application's Horizon is not taken for this one's where there are several."""
    client.zadd("other_horizon:supervisors", {"x-1:s": 1})
    client.zadd("third_horizon:recent_jobs", {"1": -1})
    opened = open_backend(redis_url, BackendOptions())
    assert (opened.inspector.capabilities.workers, opened.inspector.snapshot(Watch()).workers) == (False, ())
    opened.close()
