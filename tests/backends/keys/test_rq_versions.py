"""What RQ wrote otherwise before 1.16, seen on 0.12, 1.0 and 1.5, and what it leaves behind since 2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.measured import Measured
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State

_RAN = {"origin": "live", "started_at": "2026-11-22T04:00:00.000000Z", "ended_at": "2026-11-22T04:00:01.000000Z"}


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A database with a queue of RQ in which a job failed."""
    with redis.Redis.from_url(redis_url) as found:
        found.sadd("rq:queues", "rq:queue:live", "rq:queue:failed")
        found.hset("rq:job:a", mapping={**_RAN, "status": "failed"})
        yield found


@pytest.fixture
def backend(client: redis.Redis, redis_url: str) -> Iterator[Backend]:
    """It as it is seen."""
    opened = open_backend(redis_url, BackendOptions(kind="rq"))
    yield opened
    opened.close()


@pytest.mark.parametrize("worker", [None, "", "w1"])
def test_no_empty_time_is_written_that_a_worker_cannot_read(
    client: redis.Redis, backend: Backend, worker: str | None
) -> None:
    """Where jobs have no worker's name, a retry takes the times of the run away; else it empties them as RQ does."""
    client.zadd("rq:failed:live", {"a": 1})
    if worker is not None:
        client.hset("rq:job:a", "worker_name", worker)
    job = backend.inspector.get("a")
    (result,) = backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(job.ref)], Limits())
    assert (result.outcome, result.state_now) == (Outcome.DONE, State.PENDING)
    assert client.hmget("rq:job:a", "started_at", "ended_at") == ([None] * 2 if worker is None else [b""] * 2)


def test_the_queue_of_what_failed_holds_failed_jobs(client: redis.Redis, backend: Backend) -> None:
    """Up to 0.13 failed jobs stood in a queue called failed; a job that waits in a queue of that name waits."""
    client.rpush("rq:queue:failed", "a", "b")
    client.hset("rq:job:b", mapping={"origin": "failed", "status": "queued"})
    states = {job.ref.id: job.state for job in backend.inspector.page(PageRequest(), Limits()).jobs}
    assert states == {"a": State.FAILED, "b": State.PENDING}
    (result,) = backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(backend.inspector.get("a").ref)], Limits())
    assert (result.outcome, "0.13 or before" in result.note) == (Outcome.SKIPPED, True)
    assert client.lrange("rq:queue:failed", 0, -1) == [b"a", b"b"]


@pytest.mark.parametrize("shelf", ["scheduled", "queue", "intermediate", "wip", "failed"])
def test_a_job_that_repeats_is_counted_once(client: redis.Redis, backend: Backend, shelf: str) -> None:
    """Its id stays among the finished ones while it is to run again; an act on it leaves it in one place, or in none."""
    status = {"scheduled": "scheduled", "queue": "queued", "failed": "failed"}.get(shelf, "started")
    key, member = f"rq:{shelf}:live", "a"
    client.hset("rq:job:a", "status", status)
    if shelf == "wip":
        member = "a:" + "0" * 32
    if shelf in ("queue", "intermediate"):
        key = "rq:queue:live" + ("" if shelf == "queue" else ":intermediate")
        client.rpush(key, member)
        client.set(f"{key}:first_seen:a", 1)
    else:
        client.zadd(key, {member: 1})
    client.zadd("rq:finished:live", {"a": 2e9, "b": 2e9})
    client.hset("rq:job:b", "status", "finished")
    state = backend.inspector.get("a").state
    snapshot = backend.inspector.snapshot(Watch())
    assert {one: count.value for one, count in snapshot.counts.items() if count.value} == {state: 1, State.COMPLETED: 1}
    assert snapshot.total == Measured(2, as_of=snapshot.now)
    verb = next(verb for verb in (Verb.DELETE, Verb.RELEASE) if state in backend.inspector.capabilities.applies[verb])
    (result,) = backend.operator.apply(Act(verb, "tester"), [Target(backend.inspector.get("a").ref)], Limits())
    assert result.outcome is Outcome.DONE, result
    assert client.zrange("rq:finished:live", 0, -1) == [b"b"]
    assert client.lrange("rq:queue:live", 0, -1) == ([b"a"] if verb is Verb.RELEASE else [])
    assert client.exists(key) == 0
