"""Pages while jobs move: one may be met twice, none that stands there all the time is missed; odd keys hold up no other."""

from __future__ import annotations

import pytest
import redis

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State

JOBS = [f"job-{number:03}" for number in range(60)]


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    """A server with sixty jobs that wait in one queue of RQ."""
    client = redis.Redis.from_url(redis_url)
    client.sadd("rq:queues", "rq:queue:mail")
    for job_id in JOBS:
        client.hset(f"rq:job:{job_id}", mapping={"status": "queued", "origin": "mail", "description": "app.send(1)"})
        client.rpush("rq:queue:mail", job_id)
    return client


def test_a_page_goes_on_behind_jobs_that_were_taken(client: redis.Redis, redis_url: str) -> None:
    """Workers take jobs from the head between two pages, the last shown one among them: those that wait are all shown."""
    inspector = open_backend(redis_url, BackendOptions()).inspector
    shown: list[str] = []
    request = PageRequest(limit=10)
    for taken in (3, 15, 0, 25, 0, 0):
        page = inspector.page(request, Limits())
        shown += [job.ref.id for job in page.jobs]
        for _ in range(taken):
            client.lpop("rq:queue:mail")
        if not page.has_more:
            break
        request = PageRequest(limit=10, cursor=page.last)
    assert set(JOBS[43:]) <= set(shown)
    assert len(shown) == len(set(shown))


def test_a_page_goes_on_behind_members_that_left_a_sorted_set(client: redis.Redis, redis_url: str) -> None:
    """Failed jobs of one score are shown each once while the last shown ones are taken away between pages."""
    client.delete("rq:queue:mail")
    client.zadd("rq:failed:mail", dict.fromkeys(JOBS, 1e9))
    inspector = open_backend(redis_url, BackendOptions()).inspector
    shown: list[str] = []
    request = PageRequest(limit=7)
    while True:
        page = inspector.page(request, Limits())
        shown += [job.ref.id for job in page.jobs]
        if not page.has_more:
            break
        client.zrem("rq:failed:mail", page.jobs[-1].ref.id)
        request = PageRequest(limit=7, cursor=page.last)
        assert len(shown) < 10 * len(JOBS)
    assert set(shown) == set(JOBS)


def test_a_job_whose_hash_is_gone_is_shown_as_gone(client: redis.Redis, redis_url: str) -> None:
    """It keeps its place and is counted, cannot be retried, and can be deleted."""
    client.delete("rq:job:job-007")
    backend = open_backend(redis_url, BackendOptions())
    ghost = backend.inspector.get("job-007")
    assert ghost.state is State.PENDING
    assert any("its hash is gone" in remark for remark in ghost.remarks)
    cancelled, deleted = (
        backend.operator.apply(Act(verb, "tester"), [Target(ghost.ref)], Limits())[0]
        for verb in (Verb.CANCEL, Verb.DELETE)
    )
    assert (cancelled.outcome, deleted.outcome) == (Outcome.SKIPPED, Outcome.DONE)
    assert {job.ref.id for job in iterate(backend.inspector, Query(), Limits())} == set(JOBS) - {"job-007"}


def test_odd_values_hold_up_no_other_job(client: redis.Redis, redis_url: str) -> None:
    """Data that is none, times that are none, numbers that are none and a key of another type are each shown or told of."""
    client.hset(
        "rq:job:job-000", mapping={"data": b"\x80\x04broken", "created_at": "yesterday", "retries_left": "many"}
    )
    client.set("rq:results:job-001", "no stream")
    client.set("rq:job:job-002", "no hash")
    inspector = open_backend(redis_url, BackendOptions()).inspector
    jobs = {job.ref.id: job for job in iterate(inspector, Query(), Limits(), page_size=7)}
    assert jobs.keys() == set(JOBS)
    assert any("pickle is broken" in remark for remark in jobs["job-000"].remarks)
    client.set("rq:scheduled:mail", "no sorted set")
    snapshot = inspector.snapshot(Watch(page=PageRequest()))
    assert snapshot.counts[State.PENDING].value == len(JOBS)
    assert "rq:job:job-002" in snapshot.problems["keys"]
    assert "rq:scheduled:mail" in snapshot.problems["keys"]


def test_a_filter_that_nothing_serves_goes_on_where_it_stopped(client: redis.Redis, redis_url: str) -> None:
    """A look through many jobs ends, says how far it came, and the next one goes on from there."""
    client.rpush("rq:queue:mail", *(f"later-{number}" for number in range(5_000)))
    client.hset("rq:job:later-4990", mapping={"status": "queued", "origin": "mail", "description": "app.rare(1)"})
    inspector = open_backend(redis_url, BackendOptions()).inspector
    request, looks = PageRequest(parse_query("type:app.rare"), 10), 0
    while (page := inspector.page(request, Limits())).has_more:
        looks += 1
        assert page.looked
        assert "more lie beyond" in page.notes[0]
        request = PageRequest(request.query, 10, page.last)
    assert looks > 1
    assert [job.ref.id for job in page.jobs] == ["later-4990"]
