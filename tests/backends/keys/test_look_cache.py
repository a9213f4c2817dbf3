"""What takes this process long to count beside many jobs is not counted at each poll."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import datetime
from unittest.mock import Mock

import pytest
import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.keys import look_cache
from queuetui.backends.keys.changes import KeysChange
from queuetui.backends.keys.guarded import run_change
from queuetui.backends.keys.operator import KeysOperator
from queuetui.backends.reading import act_cache
from queuetui.model.act import Act, Target, Verb
from queuetui.model.errors import UnknownOutcome
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.state import State
from tests.backends.captures import Capture

QUEUES = ("mail", "post")


def test_a_costly_count_stands_with_its_age_until_somebody_acts(
    rq_capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll tells how many were stuck at the last look; what must be exact, and whoever has just acted, is told how many are now."""
    monkeypatch.setattr(look_cache, "COSTLY_S", 0.0)
    monkeypatch.setattr(act_cache, "REST_FACTOR", 1e9)
    with closing(open_backend(rq_capture.url, BackendOptions(kind="rq"))) as backend:
        inspector = backend.inspector
        first = inspector.snapshot(Watch())
        jobs = inspector.page(PageRequest(parse_query("state:pending is:stuck")), Limits()).jobs
        assert (first.stuck.exactness, bool(jobs)) == (Exactness.EXACT, True)
        with redis.Redis.from_url(rq_capture.url) as client:
            client.lrem(f"rq:queue:{jobs[0].queue.raw}", 1, jobs[0].ref.id)
        later = inspector.snapshot(Watch()).stuck
        assert (later.value, later.exactness, later.as_of) == (first.stuck.value, Exactness.CACHED, first.now)
        left = (first.stuck.value or 0) - 1
        exact = inspector.snapshot(Watch(exact=True)).stuck
        assert (exact.value, exact.exactness) == (left, Exactness.EXACT)
        # What was costly is not told again once a look was cheap.
        with monkeypatch.context() as patched:
            patched.setattr(look_cache, "COSTLY_S", 1e9)
            inspector.snapshot(Watch(exact=True))
        assert inspector.snapshot(Watch()).stuck.exactness is Exactness.EXACT
        (failed,) = inspector.page(PageRequest(parse_query("state:failed"), 1), Limits()).jobs
        backend.operator.apply(Act(Verb.DELETE, "tester"), [Target(failed.ref)], Limits())
        again = inspector.snapshot(Watch()).stuck
        assert (again.value, again.exactness) == (left, Exactness.EXACT)


def test_a_count_by_state_of_more_than_is_always_read_stands_with_its_age(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two lists whose jobs tell their state a thousand jobs are read at each poll; another list tells what it was until it grows."""
    monkeypatch.setattr(look_cache, "COSTLY_S", 0.0)
    monkeypatch.setattr(act_cache, "REST_FACTOR", 1e9)
    with redis.Redis.from_url(redis_url) as client, closing(_open_celery(redis_url, client, 600, 700)) as backend:
        first = backend.inspector.snapshot(Watch())
        assert _pending(first) == {"mail": (600, Exactness.EXACT, first.now), "post": (700, Exactness.EXACT, first.now)}
        later = backend.inspector.snapshot(Watch())
        assert _pending(later) == {
            "mail": (600, Exactness.EXACT, later.now),
            "post": (700, Exactness.CACHED, first.now),
        }
        _put(client, 1, eta="2100-01-01T00:00:00+00:00")
        grown = backend.inspector.snapshot(Watch())
        assert _pending(grown) == {
            "mail": (600, Exactness.EXACT, grown.now),
            "post": (701, Exactness.ESTIMATED, first.now),
        }
        assert [queue.counts[State.SCHEDULED].value for queue in grown.queues] == [1, 0]
        assert re.fullmatch(r"shared out as all were \d+ s ago", grown.counts[State.PENDING].why)
        exact = backend.inspector.snapshot(Watch(exact=True))
        assert [exact.counts[state].value for state in (State.PENDING, State.SCHEDULED)] == [1300, 2]


def test_no_count_stands_beside_a_change_of_unknown_outcome(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs a change, also past the operator, makes what was kept be looked at again."""
    monkeypatch.setattr(look_cache, "COSTLY_S", 0.0)
    monkeypatch.setattr(act_cache, "REST_FACTOR", 1e9)
    with redis.Redis.from_url(redis_url) as client, closing(_open_celery(redis_url, client, 600, 700)) as backend:
        assert isinstance(backend.operator, KeysOperator)
        server = backend.operator._server
        told = [_pending(backend.inspector.snapshot(Watch()))["post"][1] for _ in range(2)]
        with monkeypatch.context() as patched:
            patched.setattr(server.connections, "call", Mock(side_effect=redis.TimeoutError))
            with pytest.raises(UnknownOutcome):
                run_change(server, "sending a task", KeysChange(()))
        told.append(_pending(backend.inspector.snapshot(Watch()))["post"][1])
    assert told == [Exactness.EXACT, Exactness.CACHED, Exactness.EXACT]


def _open_celery(url: str, client: redis.Redis, *sizes: int) -> Backend:
    """Open two queues of Celery with so many tasks."""
    for queue, size in zip(QUEUES, sizes, strict=True):
        client.sadd(f"_kombu.binding.{queue}", f"{queue}\x06\x16\x06\x16{queue}")
        _put(client, size, queue)
    return open_backend(url, BackendOptions(kind="celery"))


def _put(client: redis.Redis, size: int, *queues: str, **headers: str) -> None:
    """Put so many tasks into each queue."""
    said = {"task": "t", "lang": "py", "retries": 0, **headers}
    for queue in queues or QUEUES:
        tasks = [
            {"body": "W1tdLCB7fSwge31d", "headers": {"id": f"{queue}-{n}{headers}", **said}, "properties": {}}
            for n in range(size)
        ]
        client.lpush(queue, *map(json.dumps, tasks))


def _pending(snapshot: Snapshot) -> dict[str, tuple[int | None, Exactness, datetime | None]]:
    """Return the count of what waits in each queue, how it was got, and when."""
    counts = {queue.name.raw: queue.counts[State.PENDING] for queue in snapshot.queues}
    return {name: (count.value, count.exactness, count.as_of) for name, count in counts.items()}
