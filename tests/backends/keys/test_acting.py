"""Acts leave the keys that the product's own command would, or leave all as it was."""

from __future__ import annotations

import base64
import json

import pytest
import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import iterate
from queuetui.model.act import Act, Outcome, Result, Target, Verb
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from tests.backends.captures import Capture
from tests.backends.rights.redis_users import load_keys
from tests.captures.stores import changed_keys, dump_keys


def _first(backend: Backend, state: State) -> Job:
    return next(iterate(backend.inspector, parse_query(f"state:{state}"), Limits()))


def _act(backend: Backend, verb: Verb, job: Job) -> Result:
    (result,) = backend.operator.apply(Act(verb, "tester"), [Target(job.ref)], Limits())
    return result


def test_a_requeued_job_of_rq_is_as_rq_itself_leaves_it(rq_capture: Capture) -> None:
    """Its hash is queued and ended no more, its id stands at the end of its queue, and nothing else changed."""
    backend = rq_capture.open(1)
    job = _first(backend, State.FAILED)
    before = dump_keys(rq_capture.url)
    _act(backend, Verb.RETRY, job)
    changed = changed_keys(before, dump_keys(rq_capture.url))
    queue, stored = job.queue.raw.encode(), job.ref.id.encode()
    assert changed.keys() == {b"rq:failed:" + queue, b"rq:queue:" + queue, b"rq:job:" + stored}
    assert changed[b"rq:queue:" + queue][-1] == stored
    was, now = before[b"rq:job:" + stored][1], changed[b"rq:job:" + stored]
    assert {name: now[name] for name in now if was.get(name) != now[name]}.keys() == {
        b"status",
        b"enqueued_at",
        b"started_at",
        b"ended_at",
    }
    assert (now[b"status"], now[b"started_at"], now[b"ended_at"]) == (b"queued", b"", b"")
    with redis.Redis.from_url(rq_capture.url) as client:
        assert client.ttl(b"rq:job:" + stored) == -1


def test_a_retried_job_of_sidekiq_is_as_its_own_pages_leave_it(sidekiq_capture: Capture) -> None:
    """Its message counts one failure less, is enqueued now, and stands where it is taken last; all else of it is as it was."""
    backend = sidekiq_capture.open(1)
    job = _first(backend, State.FAILED)
    before = dump_keys(sidekiq_capture.url)
    _act(backend, Verb.RETRY, job)
    changed = changed_keys(before, dump_keys(sidekiq_capture.url))
    assert changed.keys() == {b"dead", b"queue:default"}
    message = json.loads(changed[b"queue:default"][0])
    (dead,) = {one for one, _ in before[b"dead"][1]} - {one for one, _ in changed[b"dead"]}
    was = json.loads(dead)
    assert message["retry_count"] == was["retry_count"] - 1
    assert message["enqueued_at"] == sidekiq_capture.truth["captured_at"] + 1
    assert {**message, "retry_count": 0, "enqueued_at": 0} == {**was, "retry_count": 0, "enqueued_at": 0}


def test_what_was_before_is_enough_to_put_a_deleted_job_back(rq_capture: Capture) -> None:
    """The keys of `before`, restored, and the entry put back, leave the server as it was."""
    backend = rq_capture.open(1)
    before = dump_keys(rq_capture.url)
    result = _act(backend, Verb.DELETE, _first(backend, State.FAILED))
    assert dump_keys(rq_capture.url) != before
    kept = json.loads(result.before or "")
    with redis.Redis.from_url(rq_capture.url) as client:
        for key, stored in kept["keys"].items():
            client.restore(key.encode("latin-1"), max(0, stored["ttl_ms"]), base64.b64decode(stored["dump"]))
        entry = kept["entry"]
        client.zadd(entry["key"].encode("latin-1"), {base64.b64decode(entry["member"]): float(entry["score"])})
    assert dump_keys(rq_capture.url) == before


@pytest.mark.parametrize("verb", [Verb.RETRY, Verb.CANCEL])
def test_a_full_memory_loses_no_job(rq_capture: Capture, verb: Verb) -> None:
    """Where the server refuses what writes, nothing is taken away either, and the refusal is told."""
    backend = rq_capture.open(1)
    job = _first(backend, State.FAILED if verb is Verb.RETRY else State.PENDING)
    before = dump_keys(rq_capture.url)
    with redis.Redis.from_url(rq_capture.url) as client:
        client.config_set("maxmemory", 1)
        try:
            result = _act(backend, verb, job)
        finally:
            client.config_set("maxmemory", 0)
    assert result.outcome is Outcome.FAILED
    assert "memory is full" in result.note
    assert dump_keys(rq_capture.url) == before


def test_a_job_that_moved_between_look_and_write_is_left_alone(rq_capture: Capture) -> None:
    """A job that its worker failed anew since it was seen, under the same id, is not touched."""
    backend = rq_capture.open(1)
    job = _first(backend, State.FAILED)
    with redis.Redis.from_url(rq_capture.url) as client:
        client.hset(f"rq:job:{job.ref.id}", "started_at", "2026-11-22T05:00:00.000000Z")
    before = dump_keys(rq_capture.url)
    result = _act(backend, Verb.RETRY, job)
    assert (result.outcome, result.state_now) == (Outcome.SKIPPED, State.FAILED)
    assert dump_keys(rq_capture.url) == before


@pytest.mark.parametrize(
    ("kind", "folder", "key", "verb", "state", "words"),
    [
        ("sidekiq", "sidekiq-6", "queue:default", Verb.RETRY, State.FAILED, "another kind of value stands where"),
        ("huey", "huey", "huey.results.qtapp", Verb.CANCEL, State.PENDING, "no results of its queue are stored yet"),
    ],
)
def test_what_stands_in_the_way_is_told(
    redis_url: str, kind: str, folder: str, key: str, verb: Verb, state: State, words: str
) -> None:
    """Where not the job but what it is to be put into is in the way, that is said, and all is left as it was."""
    capture = load_keys(kind, folder, redis_url)
    with redis.Redis.from_url(redis_url) as client:
        client.delete(key)
        if kind == "sidekiq":
            client.set(key, "of others")
    backend = capture.open(1)
    before = dump_keys(redis_url)
    result = _act(backend, verb, _first(backend, state))
    assert (result.outcome, words in result.note) == (Outcome.SKIPPED, True), result
    assert dump_keys(redis_url) == before
    capture.close()


@pytest.mark.parametrize("text", ["priority>3", "key:a", "correlation_id:x", "lost>0"])
def test_what_is_not_kept_is_refused_with_its_reason(rq_capture: Capture, text: str) -> None:
    """A filter on a field that RQ does not keep says why."""
    (planned,) = rq_capture.open().inspector.plan(parse_query(text))
    assert planned.why.startswith("RQ")
