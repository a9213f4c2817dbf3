"""What is kept on the server: payloads as they came, one namespace each, and nothing left behind."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.backends.native.retention import Retention
from queuetui.model.act import Act, Verb
from queuetui.model.errors import BadConfig, NotFound, SchemaTooNew, Unsupported
from queuetui.model.job import Ending, RunError
from tests.backends.native.redis.opening import open_queue
from tests.conformance.scenes import act_done, add, add_one, card, claim, claim_and_vanish, claim_one, ids, run, select
from tests.waiting import wait_until

EXPIRING = ("act:", "tally:")


def text_of(value: Any) -> str:
    """Return the text of an answer of the driver."""
    assert isinstance(value, bytes)
    return value.decode()


def names(client: redis.Redis, namespace: str = "queuetui") -> set[str]:
    """Return the names of all keys, less the namespace."""
    found = {text_of(key) for key in client.keys("*")}
    assert all(name.startswith(f"{{{namespace}}}:") for name in found)
    return {name.split(":", 1)[1] for name in found}


def test_a_payload_is_kept_as_it_came(client: redis.Redis, backend: NativeBackend) -> None:
    """A long payload has a key of its own, a short one ends its job's value: either holds the very bytes that were enqueued."""
    payload = b'\x00\xff {"n": 123456789012345678901234567890} \r\n'
    short, long = (add_one(backend, payload=payload * times).replace("-", "") for times in (1, 1000))
    body = client.hget("{queuetui}:j", short)
    assert isinstance(body, bytes)
    assert body.endswith(payload)
    assert client.get(f"{{queuetui}}:p:{long}") == payload * 1000
    _, (first, second) = claim(backend, 2)
    assert (first.payload, second.payload) == (payload, payload * 1000)


def test_nothing_is_left_behind(client: redis.Redis, backend: NativeBackend) -> None:
    """After every kind of end and a prune only the version stays, beside what expires by itself."""
    backend.jobs.register(card("w1"))
    add(backend, 6, idempotency_key=None, correlation_id="c", tags=("t",))
    add_one(backend, idempotency_key="once", queue="mail", delay_s=3600)
    run(backend, Ending.FAILED, error=RunError("E", "x" * 5000, "y" * 5000))
    run(backend, Ending.COMPLETED, result=b"1" * 5000)
    run(backend, Ending.RETRY, delay_s=3600)
    claim_and_vanish(backend, 2)
    backend.jobs.sweep(10)
    held = claim_one(backend)[1].id
    act_done(backend, Verb.CANCEL, held)
    for job in select(backend, "is:waiting"):
        act_done(backend, Verb.CANCEL, job.ref.id)
    for lease in client.zrange("{queuetui}:l", 0, -1):
        backend.jobs.close_lease(text_of(lease))
    act_done(backend, Verb.DELETE, select(backend, "state:failed")[0].ref.id)
    backend.jobs.retire("w1")
    wait_until(lambda: backend.jobs.prune(100) == 0 and not select(backend))
    kept = names(client)
    assert {name for name in kept if not name.startswith(EXPIRING)} == {"meta"}
    assert all(client.ttl(f"{{queuetui}}:{name}") > 0 for name in kept - {"meta"})


def test_acts_are_kept_as_long_as_is_said(client: redis.Redis, backend: NativeBackend) -> None:
    """An act and what it did expire by themselves after the time that holds on every store when nothing is said."""
    act_done(backend, Verb.CANCEL, add_one(backend))
    kept = {client.ttl(f"{{queuetui}}:{name}") for name in names(client) if name.startswith("act:")}
    assert kept
    assert all(0 <= Retention().acts_s - left_s < 60 for left_s in kept)


def test_a_deleted_jobs_queue_is_forgotten_unless_it_is_paused(client: redis.Redis, backend: NativeBackend) -> None:
    """A queue is listed while it has jobs, or while something was said of it."""
    for queue in ("mail", "night"):
        job_id = add_one(backend, queue=queue)
        if queue == "night":
            backend.operator.apply_to_queue(Act(Verb.PAUSE, "ana"), queue)
        act_done(backend, Verb.DELETE, job_id)
    assert client.zrange("{queuetui}:q", 0, -1) == [b"night"]


def test_namespaces_are_apart(redis_url: str, client: redis.Redis) -> None:
    """Two namespaces on one server are two queues, named by the URL or by the profile."""
    mine = open_queue(f"{redis_url}?namespace=mine")
    other = open_queue(redis_url, {"namespace": "other"})
    job_id = add_one(mine)
    assert (ids(select(mine)), select(other)) == ([job_id], [])
    with pytest.raises(NotFound):
        other.inspector.get(job_id)
    assert {text_of(key).split(":")[0] for key in client.keys("*")} == {"{mine}", "{other}"}
    mine.close()
    other.close()


@pytest.mark.parametrize("namespace", ["", "a b", "{x}", "a:b", "x" * 65])
def test_an_odd_namespace_is_refused(redis_url: str, namespace: str) -> None:
    """A namespace that could not be told from the rest of a key is refused."""
    with pytest.raises(BadConfig):
        open_queue(redis_url, {"namespace": namespace})


def test_a_queue_is_found_only_where_one_was_made(redis_url: str) -> None:
    """Looking makes nothing: an empty server holds no queue, and only our own kind is looked for."""
    assert discover(redis_url, BackendOptions()) == ()
    with pytest.raises(NotFound, match="meta"):
        open_queue(redis_url, create=False)
    backend = open_queue(redis_url)
    add(backend, 3)
    (found,) = discover(redis_url, BackendOptions())
    assert (found.kind, found.queues, found.jobs and found.jobs.value) == ("native", 1, 3)
    assert open_queue(redis_url, create=False).schema.version() == 1
    backend.close()


def test_a_newer_queue_is_refused(redis_url: str, client: redis.Redis) -> None:
    """A namespace made by a newer program is neither read nor worked."""
    backend = open_queue(redis_url)
    assert (backend.schema.version(), backend.schema.pending(), backend.schema.migrate()) == (1, (), ())
    client.hset("{queuetui}:meta", "schema", "99")
    for create in (False, True):
        with pytest.raises(SchemaTooNew, match="99"):
            open_queue(redis_url, create=create)
    with pytest.raises(SchemaTooNew):
        backend.schema.pending()
    backend.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1:notaport", "redis://127.0.0.1:1/zero?nonsense=1"])
def test_a_url_that_cannot_be_read_is_refused(url: str) -> None:
    """A URL with a bad part is a matter of configuration."""
    with pytest.raises(BadConfig):
        open_queue(url)


def test_a_priority_past_53_bits_is_refused(backend: NativeBackend) -> None:
    """A priority that the server's doubles cannot hold is not rounded but refused, with its neighbours."""
    with pytest.raises(OverflowError):
        add(backend, 2, priority=2**60)
    assert select(backend) == []


def test_many_jobs_of_one_call_are_one_transaction(client: redis.Redis, backend: NativeBackend) -> None:
    """A call of more jobs than one script may take is still all or none."""
    client.config_resetstat()
    add(backend, 2_500)
    stats = client.info("commandstats")
    assert (stats["cmdstat_exec"]["calls"], stats["cmdstat_evalsha"]["calls"]) == (1, 3)
    assert len(select(backend, size=1000)) == 2_500


def test_a_transaction_cannot_be_joined_and_the_reason_is_told(backend: NativeBackend) -> None:
    """What to do instead of joining a database's transaction is said."""
    with pytest.raises(Unsupported, match="after the commit"):
        backend.jobs.enqueue([], connection=object())  # type: ignore[arg-type]  # refused before it is looked at
