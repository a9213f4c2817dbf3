"""Queues of RQ and Sidekiq behind prefixes of their own are found, told apart, and not taken from others."""

from __future__ import annotations

import json

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, find_systems

_MESSAGE = json.dumps({"class": "HardJob", "args": [1], "jid": "a" * 24, "queue": "default"})


def _kinds(url: str, settings: dict[str, str] | None = None) -> list[str]:
    return [one.kind for one in find_systems(url, BackendOptions(settings=settings or {}))]


def test_each_prefix_is_a_system_of_its_own(redis_url: str) -> None:
    """One alone keeps the plain name of its kind; a setting names one of several."""
    with redis.Redis.from_url(redis_url) as client:
        client.sadd("shop:a:queues", "shop:a:queue:mail")
        assert _kinds(redis_url) == ["rq"]
        client.sadd("rq:workers", "rq:worker:one")
        client.sadd("ns:queues", "mail")
        client.lpush("ns:queue:mail", _MESSAGE)
        client.incr("ns:stat:processed")
        assert _kinds(redis_url) == ["rq:rq", "rq:shop:a", "sidekiq"]
        client.sadd("processes", "host:1:abc")
        client.incr("later:stat:processed")
        client.zadd("later:schedule", {_MESSAGE: 1})
        assert _kinds(redis_url)[2:] == ["sidekiq:default", "sidekiq:later", "sidekiq:ns"]
        assert _kinds(redis_url, {"rq.prefix": "rq", "sidekiq.namespace": "ns"}) == ["rq", "sidekiq"]


def test_what_looks_alike_is_not_taken(redis_url: str) -> None:
    """Resque keeps the same registers, and its messages have no jid; any set may be called queues."""
    with redis.Redis.from_url(redis_url) as client:
        client.sadd("rq:queues", "rq:queue:mail")
        client.sadd("resque:queues", "mail")
        client.lpush("resque:queue:mail", json.dumps({"class": "HardJob", "args": [1]}))
        client.incr("resque:stat:processed")
        client.sadd("mine:queues", "mine:1", "mine:2")
        client.lpush("other:workers", "other:worker:1")
        assert _kinds(redis_url) == ["rq"]


def test_a_queue_of_arq_is_found_by_its_jobs(redis_url: str) -> None:
    """Where its name does not begin with arq:, the first job in it tells; another sorted set is none."""
    with redis.Redis.from_url(redis_url) as client:
        client.set("arq:job:one", b"\x80\x04N.")
        client.zadd("mail", {"one": 1})
        client.zadd("ranking", {"ann": 1})
        client.set("note", "one")
    (found,) = discover(redis_url, BackendOptions())
    assert (found.kind, found.queues, found.jobs and found.jobs.value) == ("arq", 1, 1)
