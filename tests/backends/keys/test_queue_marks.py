"""Queues that are known by one key each are found by prefix, also among so many keys that not all names were read."""

from __future__ import annotations

from contextlib import closing

import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover, open_backend
from queuetui.backends.keys.queue_marks import names_by_prefix
from queuetui.backends.keys.shelf import Kind
from queuetui.backends.redis.key_list import KeyList
from queuetui.backends.redis.server import RedisServer
from queuetui.model.snapshot import Watch


def _add_queue(client: redis.Redis, prefix: str, queue: str) -> None:
    client.hset(f"{prefix}:{queue}:meta", mapping={"version": "bullmq:6.7.0"})
    client.hset(f"{prefix}:{queue}:7", mapping={"name": "send", "data": "{}", "timestamp": "1795320079064"})
    client.lpush(f"{prefix}:{queue}:wait", 7)


def test_each_prefix_is_a_queue_system(redis_url: str) -> None:
    """Of one prefix the kind is enough, of two each has its name, and what others end so is none."""
    with redis.Redis.from_url(redis_url) as client:
        _add_queue(client, "bull", "mail")
        client.set("shop:cart:meta", "no queue")
        client.hset("blog:post:meta", "title", "no queue")
        assert [(one.kind, one.queues) for one in discover(redis_url, BackendOptions())] == [("bullmq", 1)]
        _add_queue(client, "{app}", "mail")
        assert [one.kind for one in discover(redis_url, BackendOptions())] == ["bullmq:bull", "bullmq:{app}"]
    opened = open_backend(redis_url, BackendOptions(kind="bullmq:{app}"))
    assert opened.inspector.snapshot(Watch()).total.value == 1
    opened.close()


def test_keys_of_jobs_lead_to_their_queue(redis_url: str) -> None:
    """Where the key of a queue is not among the names that were read, those of its jobs lead there."""
    with redis.Redis.from_url(redis_url) as client:
        _add_queue(client, "bull", "mail")
    with closing(RedisServer(redis_url, BackendOptions())) as server:
        server.__dict__["key_list"] = KeyList((b"bull:mail:7", b"user:12", b"bull:gone:3"), b"33")
        found = names_by_prefix(server, "meta", Kind.HASH)
    assert list(found) == [b"bull"]
    assert "not all keys" in found[b"bull"].unseen
