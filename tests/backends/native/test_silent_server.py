"""PostgreSQL behind a network that keeps connections open and loses all that is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queuetui import Queue
from queuetui.backends.native.sql import postgresql_connection
from queuetui.model.errors import Unreachable
from tests.acceptance.campaign.proxy import Proxy
from tests.acceptance.campaign.stage import at_port
from tests.servers.postgres import PostgresServer


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[Proxy]:
    """A proxy in front of the server."""
    made = Proxy(postgres_server.port)
    yield made
    made.close()


def test_a_connection_that_is_silent_for_ever_is_given_up(
    proxy: Proxy, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement on a half-open connection fails in time, and the next one goes through a new connection."""
    monkeypatch.setattr(postgresql_connection, "ANSWER_WITHIN_S", 0.5)
    with Queue(at_port(postgres_url, proxy.port)) as queue:
        first = queue.enqueue("silent", {})
        proxy.silence()
        proxy.speak()
        job = Queue.new("silent", {}, idempotency_key="in-a-transaction")
        with pytest.raises(Unreachable, match="no answer within"):
            queue.enqueue_many([job])
        assert queue.enqueue_many([job])[0].created
        assert queue.get(first.id).state == "pending"
