"""What Sidekiq 7 and 8 write otherwise than 6, and what Rails and Enterprise put into messages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.state import State

NOW = datetime(2026, 11, 22, 4, 0, 0, tzinfo=UTC)
NOW_S = NOW.timestamp()
NOW_MS = round(NOW_S * 1_000)
RAILS = {
    "job_class": "MailJob",
    "arguments": [{"_aj_globalid": "gid://shop/User/7"}, {"sku": "A-1", "_aj_ruby2_keywords": ["sku"]}],
}


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A database with a queue of Sidekiq."""
    with redis.Redis.from_url(redis_url) as found:
        found.sadd("queues", "default")
        found.incr("stat:processed")
        yield found


@pytest.fixture
def backend(client: redis.Redis, redis_url: str) -> Iterator[Backend]:
    """It as it is seen."""
    opened = open_backend(redis_url, BackendOptions(kind="sidekiq", now=NOW))
    yield opened
    opened.close()


def _message(**more: object) -> str:
    said: dict[str, Any] = {"class": "HardJob", "args": [1], "jid": "a" * 24, "queue": "default", "retry": True}
    return json.dumps({**said, "created_at": NOW_MS, **more})


def test_times_in_milliseconds_are_read_and_written(client: redis.Redis, backend: Backend) -> None:
    """From 8 on times in messages are milliseconds; scores stay seconds. A retry writes the unit that the message has."""
    client.zadd("dead", {_message(failed_at=NOW_MS, retry_count=2, error_class="KeyError"): NOW_S - 60})
    job = backend.inspector.get("a" * 24)
    assert (job.created_at, job.completed_at, job.attempts) == (NOW, NOW - timedelta(seconds=60), 3)
    (result,) = backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(job.ref)], Limits())
    assert (result.outcome, result.state_now) == (Outcome.DONE, State.PENDING)
    (written,) = client.lrange("queue:default", 0, -1)
    said = json.loads(written)
    assert (said["enqueued_at"], said["created_at"], said["retry_count"]) == (NOW_MS, NOW_MS, 1)


@pytest.mark.parametrize("payload", [_message(), json.loads(_message())], ids=["text", "object"])
def test_a_run_is_read_from_the_key_of_either_version(client: redis.Redis, backend: Backend, payload: object) -> None:
    """Since 7 the runs of a process stand behind `:work`; the message within is text, in some versions an object."""
    client.sadd("processes", "host:1:abc")
    client.hset("host:1:abc", mapping={"info": json.dumps({"hostname": "host", "pid": 1}), "beat": NOW_S, "busy": 1})
    client.hset("host:1:abc:work", "t1", json.dumps({"queue": "default", "payload": payload, "run_at": int(NOW_S) - 5}))
    job = backend.inspector.get("a" * 24)
    assert (job.state, job.started_at, job.worker and job.worker.raw) == (
        State.PROCESSING,
        NOW - timedelta(seconds=5),
        "host:1:abc",
    )


def test_a_job_that_is_tried_for_a_time_has_no_number_of_tries(client: redis.Redis, backend: Backend) -> None:
    """With `retry_for` the time decides, whatever `retry` says."""
    client.lpush("queue:default", _message(retry_for=3_600))
    assert backend.inspector.get("a" * 24).max_attempts is None


def test_a_job_of_rails_is_shown_as_it_was_called(client: redis.Redis, backend: Backend) -> None:
    """The arguments are ActiveJob's own, a record by its class and id."""
    client.lpush(
        "queue:default", _message(**{"class": "Sidekiq::ActiveJob::Wrapper", "wrapped": "MailJob", "args": [RAILS]})
    )
    job = backend.inspector.get("a" * 24)
    assert (job.type.raw, json.loads(job.payload.raw)) == ("MailJob", {"args": ["User/7"], "kwargs": {"sku": "A-1"}})
    assert job.data is not None
    assert "A-1" in job.data.raw


@pytest.mark.parametrize(("failures", "attempts"), [({}, 2), ({"retry_count": 0, "failed_at": NOW_MS}, 3)])
def test_the_runs_of_a_job_of_rails_are_counted_across_its_jids(
    client: redis.Redis, backend: Backend, failures: dict[str, object], attempts: int
) -> None:
    """By `retry_on` Rails enqueues a job that failed under another jid and counts its runs within; Sidekiq counts those of the jid."""
    args = [{**RAILS, "executions": 2, "exception_executions": {"[Boom]": 2}}]
    message = _message(**{"class": "Wrapper", "wrapped": "MailJob", "args": args, "retry": 3, **failures})
    client.zadd("schedule", {message: NOW_S + 60})
    job = backend.inspector.get("a" * 24)
    assert (job.state, job.attempts, job.max_attempts) == (State.SCHEDULED, attempts, 6)


def test_an_encrypted_argument_is_called_so(client: redis.Redis, backend: Backend) -> None:
    """Sidekiq Enterprise encrypts the last argument."""
    client.lpush("queue:default", _message(args=[1, "c2VjcmV0"], encrypt=True))
    assert any("encrypted" in remark for remark in backend.inspector.get("a" * 24).remarks)


def test_a_retry_by_a_person_takes_no_run_away(client: redis.Redis, backend: Backend) -> None:
    """Sidekiq then counts one failure less, which may leave less than none: the job has run all the same, and runs once more."""
    client.lpush("queue:default", _message(failed_at=NOW_MS, retry_count=-1, error_class="KeyError", retry=0))
    job = backend.inspector.get("a" * 24)
    assert (job.attempts, job.max_attempts, job.is_used_up) == (1, 2, False)
