"""A server that is away, slow, full or strict: our errors, in time, and never a password."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import redis

from queuetui.model.errors import Denied, UnknownOutcome, Unreachable
from queuetui.model.job import Ending
from tests.backends.native.redis.opening import open_queue
from tests.conformance.scenes import add, add_one, claim_one, ids, new_job, select, settle, state_of
from tests.servers.fixtures import RedisFactory
from tests.waiting import wait_until

SECRET = "hunter2"
BRIEF_S = 3.0
PAGE = Path(__file__).parents[4] / "docs/queue.md"
# What the page says that a user needs.
LEAST = "~{queuetui}:* resetchannels &{queuetui}:* +@read +@write +@scripting +@connection +@pubsub +@transaction +time +info +config|get"


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """A closed port raises Unreachable."""
    with pytest.raises(Unreachable) as raised:
        open_queue(f"redis://someone:{SECRET}@127.0.0.1:1/0", create=False)
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("create", [False, True])
def test_a_refused_login_is_denied(redis_url: str, create: bool) -> None:
    """A wrong user or password raises Denied and is not repeated, also where a queue would be made."""
    with pytest.raises(Denied) as raised:
        open_queue(redis_url.replace("redis://", f"redis://nobody:{SECRET}@"), create=create)
    assert SECRET not in str(raised.value)


def test_a_missing_password_is_denied(private_redis: RedisFactory) -> None:
    """A URL without the password that the server wants is told so, not that the server may lose jobs."""
    server = private_redis()
    with redis.Redis.from_url(server.url) as client:
        client.config_set("requirepass", SECRET)
    with pytest.raises(Denied, match="password"):
        open_queue(server.url)


def test_a_refused_command_is_denied(private_redis: RedisFactory) -> None:
    """A user who may not write is told so, and may still look."""
    server = private_redis()
    owner = open_queue(server.url)
    job_id = add_one(owner)
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "viewer", "on", ">secret", "~*", "+@all", "-@write")
    viewer = open_queue(server.url.replace("redis://", "redis://viewer:secret@"), create=False)
    assert ids(select(viewer)) == [job_id]
    with pytest.raises(Denied):
        add_one(viewer)
    viewer.close()
    owner.close()


def test_a_user_with_the_least_rights_works(private_redis: RedisFactory) -> None:
    """The rights that the documentation names are enough to make a queue, to fill it at once, to hear of it, to work it and to look."""
    assert LEAST in PAGE.read_text(encoding="utf-8")
    server = private_redis()
    with redis.Redis.from_url(server.url) as client:
        client.execute_command("ACL", "SETUSER", "app", "reset", "on", ">secret", *LEAST.split())
    backend = open_queue(server.url.replace("redis://", "redis://app:secret@"))
    heard: list[str] = []
    listener = backend.jobs.listen(heard.append)
    assert listener is not None
    wait_until(lambda: bool(add(backend, 1) and heard))
    add(backend, 2_500)
    lease, job = claim_one(backend)
    assert settle(backend, lease, job, Ending.COMPLETED)
    assert (state_of(backend, job.id).value, backend.inspector.capabilities.durability) == ("completed", "B")
    listener.close()
    backend.close()


@pytest.mark.timed
def test_a_frozen_server_is_given_up_in_time(private_redis: RedisFactory) -> None:
    """A server that answers nothing holds nobody: a read is unreachable, a write unknown, and both work again after."""
    server = private_redis()
    backend = open_queue(server.url, timeout_s=BRIEF_S)
    add_one(backend)
    server.process.pause()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        backend.jobs.queues_ready(None)
    server.process.resume()
    wait_until(lambda: backend.jobs.queues_ready(None) == ("default",))
    server.process.pause()
    with pytest.raises(UnknownOutcome):
        backend.jobs.open_lease("w1", "default", 60)
    server.process.resume()
    assert time.monotonic() - began < 20 * BRIEF_S
    wait_until(lambda: backend.jobs.queues_ready(None) == ("default",))
    backend.close()


@pytest.mark.timed
def test_an_enqueue_whose_answer_was_lost_may_be_sent_again(private_redis: RedisFactory) -> None:
    """After an unknown outcome the same id is stored once, whatever had become of the first."""
    server = private_redis()
    backend = open_queue(server.url, timeout_s=BRIEF_S)
    job = new_job()
    server.process.pause()
    with pytest.raises((UnknownOutcome, Unreachable)):
        backend.jobs.enqueue([job])
    server.process.resume()
    wait_until(lambda: backend.schema.version() == 1)
    backend.jobs.enqueue([job])
    assert ids(select(backend)) == [job.id]
    backend.close()


def test_a_restarted_server_has_kept_everything(private_redis: RedisFactory) -> None:
    """Jobs, leases and fences outlive a restart; scripts that the server forgot are sent again."""
    server = private_redis()
    backend = open_queue(server.url)
    waiting, _ = add(backend, 2)
    lease, claimed = claim_one(backend)
    server.process.stop()
    with pytest.raises((Unreachable, UnknownOutcome)):
        backend.jobs.queues_ready(None)
    server.process.start()
    assert settle(backend, lease, claimed, Ending.COMPLETED)
    assert state_of(backend, claimed.id).value == "completed"
    assert claimed.id == waiting
    backend.close()


def test_a_full_server_stores_nothing_by_halves(private_redis: RedisFactory) -> None:
    """Where memory is used up a call of many jobs stores none of them, and says what is wrong."""
    server = private_redis()
    backend = open_queue(server.url)
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory", "1")
        with pytest.raises(Unreachable, match="memory is full"):
            add(backend, 20)
        with pytest.raises(Unreachable, match="memory is full"):
            add(backend, 2_500)
        client.config_set("maxmemory", "0")
    assert select(backend) == []
    backend.close()


def test_a_server_that_became_a_replica_is_named_as_one(private_redis: RedisFactory) -> None:
    """After a failover the old primary refuses jobs with the reason and is still looked at."""
    server = private_redis()
    backend = open_queue(server.url)
    job_id = add_one(backend)
    with redis.Redis.from_url(server.url) as client:
        client.replicaof("127.0.0.1", 1)
    with pytest.raises(Denied, match="replica"):
        add_one(backend)
    assert ids(select(backend)) == [job_id]
    backend.close()


def test_a_server_without_its_replicas_is_unreachable(private_redis: RedisFactory) -> None:
    """A server that takes no changes while replicas are missing is away for a time, not for good."""
    server = private_redis()
    backend = open_queue(server.url)
    with redis.Redis.from_url(server.url) as client:
        client.config_set("min-replicas-to-write", "1")
        with pytest.raises(Unreachable, match="too few replicas"):
            add_one(backend)
        client.config_set("min-replicas-to-write", "0")
    assert add_one(backend)
    backend.close()


def test_a_server_that_was_emptied_is_taken_up(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """After FLUSHALL a worker makes the queue anew, says so, and runs what programs go on to enqueue."""
    backend = open_queue(redis_url)
    lease = backend.jobs.open_lease("w", "default", 30)
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    assert not backend.jobs.step(lease.id, [], 1).lease_valid
    add_one(backend)
    lease = backend.jobs.open_lease("w", "default", 30)
    assert "the store was emptied" in caplog.text
    assert len(backend.jobs.step(lease.id, [], 1).claimed) == 1
    open_queue(redis_url, create=False).close()
    backend.close()
