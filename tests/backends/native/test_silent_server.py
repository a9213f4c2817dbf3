"""Servers behind a network that keeps connections open and loses all that is sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queuetui import Queue
from queuetui.backends import notices
from queuetui.backends.native.sql.postgresql import connection
from queuetui.model.errors import Unreachable
from tests.acceptance.campaign.proxy import Proxy
from tests.acceptance.campaign.stage import at_port
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[Proxy]:
    """A proxy in front of the server."""
    made = Proxy(postgres_server.port)
    yield made
    made.close()


@pytest.mark.timed
def test_a_connection_that_is_silent_for_ever_is_given_up(
    proxy: Proxy, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement on a half-open connection fails in time, and the next one goes through a new connection."""
    with Queue(at_port(postgres_url, proxy.port)) as queue:
        first = queue.enqueue("silent", {})
        proxy.silence()
        proxy.speak()
        job = Queue.new("silent", {}, idempotency_key="in-a-transaction")
        with monkeypatch.context() as brief:
            brief.setattr(connection, "ANSWER_WITHIN_S", 0.5)
            with pytest.raises(Unreachable, match="no answer within"):
                queue.enqueue_many([job])
        assert queue.enqueue_many([job])[0].created
        assert queue.get(first.id).state == "pending"


@pytest.mark.timed
@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_news_come_again_after_a_silence(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who listens on a half-open connection finds out by itself, and hears of jobs again through a new one."""
    monkeypatch.setattr(notices, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(notices, "CONNECT_AGAIN_S", 0.1)
    monkeypatch.setattr(notices, "LOOK_UP_S", 0.1)
    monkeypatch.setattr(connection, "ANSWER_WITHIN_S", 5.0)
    server: PostgresServer | RedisServer = request.getfixturevalue(f"{kind}_server")
    url: str = request.getfixturevalue(f"{kind}_url")
    proxy, heard = Proxy(server.port), list[str]()
    with Queue(url) as client, Queue(at_port(url, proxy.port)) as queue:
        listener = queue.backend.jobs.listen(heard.append)
        assert listener is not None

        def is_heard() -> bool:
            client.enqueue("news", {})
            return bool(heard)

        wait_until(is_heard, 60, interval_s=0.1)
        proxy.silence()
        heard.clear()
        proxy.speak()
        wait_until(is_heard, 60, interval_s=0.1)
        listener.close()
    proxy.close()
