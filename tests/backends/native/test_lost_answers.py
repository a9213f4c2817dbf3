"""Commits whose answer is lost on its way, although the server has done them."""

from __future__ import annotations

import pytest

from queuetui import Queue
from queuetui.client.new_job import JobOptions
from queuetui.model.errors import UnknownOutcome
from tests.acceptance.campaign.proxy import Proxy, Theft
from tests.acceptance.campaign.stage import at_port
from tests.servers.mysql import MysqlServer
from tests.servers.postgres import PostgresServer

JOB_ID = "01a22ca2-ea33-7357-a65e-6a45e5f297e5"


@pytest.mark.parametrize("options", [{"id": JOB_ID}, {"id": JOB_ID, "idempotency_key": "once"}], ids=["plain", "keyed"])
@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_an_enqueue_whose_answer_is_lost_is_unknown_and_may_be_sent_again(
    kind: str, options: JobOptions, request: pytest.FixtureRequest
) -> None:
    """It is told as unknown and not as failed, as the job may be stored; a second one with its id changes nothing."""
    server: PostgresServer | MysqlServer = request.getfixturevalue(f"{kind}_server")
    url: str = request.getfixturevalue(f"migrated_{kind}_url")
    proxy = Proxy(server.port)
    try:
        with Queue(at_port(url, proxy.port)) as queue:
            queue.enqueue("first", {})
            # One plain job is a statement by itself on PostgreSQL.
            proxy.steal(Theft(request=(b"COMMIT", b"commit", b"insert_job")))
            with pytest.raises(UnknownOutcome, match="may or may not have happened"):
                queue.enqueue("second", {}, **options)
            assert proxy.stolen == 1
            assert not queue.enqueue("second", {}, **options).created
    finally:
        proxy.close()
