"""After a restart of a server that may have forgotten its last second nothing is claimed for one lease."""

from __future__ import annotations

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.errors import UnknownOutcome, Unreachable
from queuetui.model.job import Ending
from queuetui.model.snapshot import Watch
from tests.backends.native.redis.opening import open_queue
from tests.conformance.scenes import add, claim_one, settle
from tests.servers.fixtures import RedisFactory
from tests.servers.redis import KEEPING
from tests.waiting import wait_until

pytestmark = pytest.mark.timed

LEASE_S = 5.0
LONGEST_S = 60.0


@pytest.mark.parametrize("fsync", ["everysec", "always"])
def test_a_restart_holds_claims_off_for_one_lease(
    private_redis: RedisFactory, fsync: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker ends its run but claims nothing until forgotten leases would be over, which is told; with a flush a write none is."""
    server = private_redis({**KEEPING, "appendfsync": fsync})
    backend = open_queue(server.url)
    add(backend, 2)
    lease, first = claim_one(backend)
    server.process.kill()
    server.process.start()
    wait_until(lambda: _answers(backend))
    assert settle(backend, lease, first, Ending.COMPLETED)
    claimed = backend.jobs.step(lease.id, [], 1).claimed
    picture = backend.inspector.snapshot(Watch(parts=frozenset()))
    if fsync == "always":
        assert len(claimed) == 1
        assert picture.held_until is None
    else:
        assert claimed == ()
        assert picture.held_until is not None
        assert 0 < (picture.held_until - picture.now).total_seconds() <= LONGEST_S
        assert backend.jobs.queues_ready(None) == ()
        assert backend.jobs.sweep(10) == ()
        assert "nothing is claimed" in caplog.text
    backend.close()


def test_claims_go_on_when_the_lease_would_be_over(private_redis: RedisFactory) -> None:
    """The pause ends by itself, for workers that knew the server before and for new ones."""
    server = private_redis()
    backend = open_queue(server.url)
    add(backend, 2)
    backend.jobs.open_lease("w1", "default", LEASE_S)
    server.process.kill()
    server.process.start()
    wait_until(lambda: _answers(backend))
    other = open_queue(server.url)
    leases = [one.jobs.open_lease(name, "default", 60) for one, name in ((backend, "w1"), (other, "w2"))]
    assert [
        len(one.jobs.step(lease.id, [], 1).claimed) for one, lease in zip((backend, other), leases, strict=True)
    ] == [
        0,
        0,
    ]
    wait_until(lambda: other.jobs.queues_ready(None) == ("default",))
    assert [
        len(one.jobs.step(lease.id, [], 1).claimed) for one, lease in zip((backend, other), leases, strict=True)
    ] == [
        1,
        1,
    ]
    other.close()
    backend.close()


def test_a_restart_that_no_lease_saw_holds_nothing_off(private_redis: RedisFactory) -> None:
    """A server that was met for the first time is taken as it is."""
    server = private_redis()
    add(open_queue(server.url), 1)
    server.process.stop()
    server.process.start()
    backend = open_queue(server.url)
    assert claim_one(backend)[1].fence == 1
    backend.close()


def _answers(backend: NativeBackend) -> bool:
    """Tell whether the server answers again."""
    try:
        backend.jobs.next_due_s()
    except (Unreachable, UnknownOutcome):
        return False
    return True
