"""Messages and results that no client of Celery should write are shown, and no verb fails at them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.payloads.stored_values import time_of
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch

BODY = base64.b64encode(json.dumps([["\ud800"], {}, {}]).encode()).decode()
MESSAGES = (
    json.dumps({"body": BODY, "headers": {"id": "\ud800id", "task": "t\ud800", "retries": 0}}),
    json.dumps(
        {"body": BODY, "headers": {"id": "one", "task": ["t"], "eta": "0001-01-01T00:00:00+23:59", "retries": "x"}}
    ),
    json.dumps({"body": None, "headers": {"id": "two"}, "properties": [1]}),
    json.dumps({"body": BODY, "headers": {"id": "three", "task": "t", "retries": True}}),
    json.dumps(
        {"body": BODY, "headers": None, "properties": {"correlation_id": 4, "priority": 99, "delivery_info": "x"}}
    ),
    "junk",
)
RESULTS = (
    '{"status": "FAILURE", "result": {"exc_type": null}, "traceback": ["x"], "date_done": "soon"}',
    '{"status": "FAILURE", "result": {"exc_type": "E"}, "name": "n", "args": [1], "kwargs": {}, "queue": "\\ud800"}',
    '{"status": "FAILURE", "result": "text", "name": "n", "args": [1e999], "kwargs": {}, "queue": "celery"}',
    '{"status": 5}',
    "[]",
    "\x81",
)


@pytest.fixture
def backend(redis_url: str) -> Iterator[Backend]:
    """A queue that holds them all, in its list and with a worker."""
    with redis.Redis.from_url(redis_url) as client:
        client.sadd("_kombu.binding.celery", "celery\x06\x16\x06\x16celery")
        client.lpush("celery", *MESSAGES, b"\xff\xfe")
        for number, message in enumerate(MESSAGES[:-1]):
            said = json.loads(message)
            said["headers"] = {**(said["headers"] or {}), "id": f"held-{number}"}
            client.hset("unacked", f"tag-{number}", json.dumps([said, "\ud800", "\ud800"]))
            client.zadd("unacked_index", {f"tag-{number}": float("inf") if number else 1.0})
        client.hset("unacked", "tag-none", "[]")
        for number, result in enumerate(RESULTS):
            client.set(f"celery-task-meta-result-{number}", result)
    opened = open_backend(redis_url, BackendOptions(kind="celery"))
    yield opened
    opened.close()


def test_all_are_shown_and_each_verb_answers(backend: Backend) -> None:
    """Each entry is a job of some state, what cannot be read says so, and every verb is done or tells why not."""
    jobs = backend.inspector.page(PageRequest(limit=1_000), Limits()).jobs
    assert len(jobs) == len(MESSAGES) + 1 + len(MESSAGES) + len(RESULTS)
    assert backend.inspector.snapshot(Watch()).total.value == len(jobs)
    assert sum(any("cannot be read" in remark for remark in job.remarks) for job in jobs) >= 3
    for verb in (Verb.RETRY, Verb.RELEASE, Verb.CANCEL, Verb.DELETE):
        listed = backend.inspector.page(PageRequest(limit=1_000), Limits()).jobs
        results = backend.operator.apply(Act(verb, "tester"), [Target(job.ref) for job in listed], Limits())
        assert {result.outcome for result in results} <= {Outcome.DONE, Outcome.SKIPPED}
        assert all(result.note for result in results if result.outcome is Outcome.SKIPPED)


def test_a_time_before_all_calendars_is_none() -> None:
    """What cannot be told in UTC is not known."""
    assert time_of("0001-01-01T00:00:00+23:59") is None
