"""A shelf that is the part of a sorted set above a score: its size, its pages, and what it does not tell of."""

from __future__ import annotations

import json

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State

LATER = 4_000_000_000


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    """A server with a queue of SAQ: three jobs that wait, and nine that are due later."""
    client = redis.Redis.from_url(redis_url)
    for number in range(12):
        name = f"saq:job:mail:{number:02}"
        client.set(name, json.dumps({"function": "send", "queue": "mail", "key": f"{number:02}", "status": "queued"}))
        client.zadd("saq:mail:incomplete", {name: 0 if number < 3 else LATER + number})
        if number < 3:
            client.rpush("saq:mail:queued", name)
    return client


def test_only_members_above_the_score_are_counted_and_paged(client: redis.Redis, redis_url: str) -> None:
    """Pages go on behind the last shown member also after it and others fell to the score, and none is shown twice."""
    inspector = open_backend(redis_url, BackendOptions()).inspector
    counts = inspector.snapshot(Watch()).counts
    assert (counts[State.SCHEDULED].value, counts[State.PENDING].value) == (9, 3)
    shown: list[str] = []
    request = PageRequest(parse_query("state:scheduled"), limit=2)
    for _ in range(9):
        page = inspector.page(request, Limits())
        shown += [job.ref.id for job in page.jobs]
        client.zadd("saq:mail:incomplete", {f"saq:job:{shown[-1]}": 0})
        if not page.has_more:
            break
        request = PageRequest(parse_query("state:scheduled"), limit=2, cursor=page.last)
    assert shown == [f"mail:{number:02}" for number in range(3, 12)]


def test_what_was_not_looked_at_is_not_told_as_none(client: redis.Redis, redis_url: str) -> None:
    """Where the first thousand of many keys tell of no job that is over, its count is an estimate and not an exact zero."""
    with client.pipeline() as pipe:
        for number in range(1_500):
            pipe.set(f"saq:job:mail:x{number}", json.dumps({"queue": "mail", "status": "queued"}))
        pipe.execute()
    snapshot = open_backend(redis_url, BackendOptions()).inspector.snapshot(Watch())
    (queue,) = snapshot.queues
    assert snapshot.counts[State.FAILED].exactness is Exactness.ESTIMATED
    assert queue.counts[State.FAILED].exactness is Exactness.ESTIMATED
