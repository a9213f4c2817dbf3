"""Horizon's supervisors beside a Redis queue; what stands in their keys is written by its source, as it was not run."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.state import State
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


def _end(client: Any, message: str, status: str, *, is_gone: bool = False) -> str:
    """Keep a job as Horizon does once it has ended, and return its id."""
    uuid: str = json.loads(message)["uuid"]
    now_s = time.time()
    client.zadd(f"{_HORIZON}{status}_jobs", {uuid: -now_s})
    if not is_gone:
        times = {"created_at": now_s - 60, "reserved_at": now_s - 9, f"{status}_at": now_s}
        card = {
            "id": uuid,
            "connection": "redis",
            "queue": "mail",
            "name": "App\\Jobs\\SendWelcomeEmail",
            "status": status,
        }
        error = {"exception": "RuntimeException: no route in /app/a.php:3\nStack trace:\n#0 {main}"}
        client.hset(f"{_HORIZON}{uuid}", mapping={**card, **times, **error, "payload": message})
    return uuid


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
    """Another application's Horizon is not taken for this one's where there are several, nor are keys that only look like it."""
    client.zadd("other_horizon:supervisors", {"x-1:s": 1})
    client.zadd("third_horizon:recent_jobs", {"1": -1})
    client.sadd("shop:pending_jobs", "1")
    opened = open_backend(redis_url, BackendOptions())
    assert (opened.inspector.capabilities.workers, opened.inspector.snapshot(Watch()).workers) == (False, ())
    opened.close()


def test_what_horizon_keeps_of_ended_jobs_is_shown(client: Any, redis_url: str) -> None:
    """Jobs that were done are shown with their times, failed ones with their error; one whose hash has run out is left out."""
    messages = [one.decode() for one in client.lrange("qtlive_database_queues:default", 0, 2)]
    client.delete("qtlive_database_queues:default", "qtlive_database_queues:default:notify")
    done, failed = _end(client, messages[0], "completed"), _end(client, messages[1], "failed")
    _end(client, messages[2], "completed", is_gone=True)
    opened = open_backend(redis_url, BackendOptions())
    one, other = opened.inspector.get(done), opened.inspector.get(failed)
    assert (one.state, one.queue.raw, one.error) == (State.COMPLETED, "mail", None)
    assert one.completed_at is not None
    assert one.started_at is not None
    assert round((one.completed_at - one.started_at).total_seconds()) == 9
    assert other.error is not None
    assert (other.state, other.error.class_name.raw) == (State.FAILED, "RuntimeException")
    listed = [job.ref.id for job in iterate(opened.inspector, parse_query("is:final"), Limits())]
    assert listed == [done, failed]
    assert opened.inspector.snapshot(Watch()).counts[State.FAILED].value == 1
    (refused,) = opened.operator.apply(Act(Verb.RETRY, "tester"), [Target(other.ref)], Limits())
    assert (refused.outcome, client.zcard(f"{_HORIZON}failed_jobs")) == (Outcome.SKIPPED, 1)
    opened.close()
