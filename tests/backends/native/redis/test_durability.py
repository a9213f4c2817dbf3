"""How safe a server is: told by its settings, and refused where jobs could be lost."""

from __future__ import annotations

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.redis import alarms, inspector
from queuetui.backends.native.redis.address import read_address
from queuetui.backends.native.redis.server import Server
from queuetui.model.errors import Unsupported
from tests.backends.native.redis.opening import open_queue
from tests.conformance.scenes import add_one, state_of
from tests.servers.fixtures import RedisFactory
from tests.servers.redis import KEEPING
from tests.waiting import wait_until

OPTIONS = BackendOptions()
LOSSY = {"allow_lossy": "true"}


def test_a_server_that_turns_lossy_is_told_of(
    private_redis: RedisFactory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A setting that is changed while workers run is an alarm of their upkeep and the grade shown, until it is set back."""
    monkeypatch.setattr(inspector, "LOOK_EVERY_S", 0.0)
    server = private_redis()
    backend = open_queue(server.url)
    monkeypatch.setattr(
        backend.jobs, "_alarm", alarms.DurabilityAlarm(Server(read_address(server.url, OPTIONS), OPTIONS), 0.0)
    )
    backend.jobs.prune(1)
    assert (caplog.text, backend.inspector.capabilities.durability) == ("", "B")
    with redis.Redis.from_url(server.url) as client:
        client.config_set("appendonly", "no")
        for _ in range(2):
            backend.jobs.prune(1)
        assert (caplog.text.count("appendonly no"), backend.inspector.capabilities.durability) == (1, "C")
        client.config_set("appendonly", "yes")
        # A server that is still writing its first append-only file does not heed a call to end.
        wait_until(lambda: _has_rested(client))
    backend.jobs.prune(1)
    assert ("keeps its jobs again" in caplog.text, backend.inspector.capabilities.durability) == (True, "B")
    backend.close()


@pytest.mark.parametrize(("fsync", "grade"), [("always", "A"), ("everysec", "B")])
def test_an_append_only_file_is_graded(private_redis: RedisFactory, fsync: str, grade: str) -> None:
    """A server that flushes at each write is an A, one that does so each second a B."""
    server = private_redis({**KEEPING, "appendfsync": fsync})
    backend = open_queue(server.url)
    assert backend.inspector.capabilities.durability == grade
    backend.close()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"appendonly": "no"}, "appendonly no"),
        ({"appendonly": "yes", "appendfsync": "no"}, "appendfsync no"),
        ({**KEEPING, "maxmemory-policy": "allkeys-lru"}, "maxmemory-policy allkeys-lru"),
        ({**KEEPING, "maxmemory-policy": "volatile-ttl"}, "maxmemory-policy volatile-ttl"),
    ],
)
def test_a_server_that_may_lose_jobs_is_refused(
    private_redis: RedisFactory, settings: dict[str, str], said: str
) -> None:
    """Without persistence, or with eviction, nothing is enqueued; the message names the setting and the way out."""
    server = private_redis(settings)
    with pytest.raises(Unsupported, match=said) as raised:
        open_queue(server.url)
    assert "allow_lossy" in str(raised.value)
    with redis.Redis.from_url(server.url) as client:
        assert client.dbsize() == 0


def test_a_profile_may_allow_loss(private_redis: RedisFactory) -> None:
    """With the profile's word a server without persistence is worked, and shown as grade C."""
    backend = open_queue(private_redis({"appendonly": "no"}).url, LOSSY)
    job_id = add_one(backend)
    assert (state_of(backend, job_id).value, backend.inspector.capabilities.durability) == ("pending", "C")
    backend.close()


def test_a_lossy_server_may_be_looked_at(private_redis: RedisFactory) -> None:
    """A console opens a queue wherever it lives, and shows its grade."""
    server = private_redis()
    worker = open_queue(server.url)
    job_id = add_one(worker)
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lfu")
    console = open_queue(server.url, create=False)
    assert (console.inspector.get(job_id).ref.id, console.inspector.capabilities.durability) == (job_id, "C")
    console.close()
    worker.close()


def test_what_the_server_keeps_to_itself_is_unknown(private_redis: RedisFactory) -> None:
    """A user without CONFIG may work where INFO tells of persistence; the grade is unknown then, never guessed."""
    server = private_redis()
    url = server.url.replace("redis://", "redis://app:secret@")
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-config")
    backend = open_queue(url)
    assert backend.inspector.capabilities.durability == ""
    assert add_one(backend)
    backend.close()


def test_a_server_that_tells_nothing_is_refused(private_redis: RedisFactory) -> None:
    """Where neither CONFIG nor INFO answers, safety is not assumed."""
    server = private_redis()
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-config", "-info")
    url = server.url.replace("redis://", "redis://app:secret@")
    with pytest.raises(Unsupported, match="INFO"):
        open_queue(url)
    open_queue(url, LOSSY).close()


def _has_rested(client: redis.Redis) -> bool:
    persistence = client.info("persistence")
    return not (persistence["aof_rewrite_in_progress"] or persistence["aof_rewrite_scheduled"])
