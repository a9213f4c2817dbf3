"""BullMQ on Redis by users that have no more rights than its page asks for."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Verb
from queuetui.model.errors import Denied
from queuetui.model.snapshot import Watch
from tests.backends.captures import Capture
from tests.backends.rights.redis_users import check_looker, check_mender, load_keys, opened_as
from tests.backends.rights.trials import LOOKER, MENDER

_PAGE, _LATE_S = "bullmq.md", 1


@pytest.fixture(params=["bullmq", "bullmq5"])
def capture(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Capture]:
    """The capture of a version in an empty database."""
    loaded = load_keys("bullmq", request.param, redis_url)
    yield loaded
    loaded.close()


def test_who_may_look_changes_nothing(capture: Capture) -> None:
    """With the rights to look all is read, and every verb is refused by the server and told as such."""
    check_looker(_PAGE, capture, _LATE_S)
    with opened_as(LOOKER, _PAGE, capture, _LATE_S) as backend, pytest.raises(Denied):
        backend.operator.apply_to_queue(Act(Verb.PAUSE, "tester"), "email")


def test_who_may_change_can_do_each_verb(capture: Capture) -> None:
    """The rights to change are enough for every verb, and for a queue to be paused and resumed, each once."""
    with opened_as(MENDER, _PAGE, capture, _LATE_S) as backend:
        for verb, outcome in (
            (Verb.RESUME, Outcome.SKIPPED), (Verb.PAUSE, Outcome.DONE), (Verb.PAUSE, Outcome.SKIPPED), (Verb.RESUME, Outcome.DONE),
        ):  # fmt: skip
            result = backend.operator.apply_to_queue(Act(verb, "tester"), "email")
            assert (result.outcome, bool(result.note)) == (outcome, outcome is Outcome.SKIPPED)
            is_paused = {one.name.raw: one.is_paused for one in backend.inspector.snapshot(Watch()).queues}
            assert is_paused["email"] is (verb is Verb.PAUSE)
            assert is_paused["held"]
    check_mender(_PAGE, capture, _LATE_S)


def test_who_may_not_list_connections_is_told_of_no_workers(capture: Capture) -> None:
    """Without the right to list connections the queues are shown, and no queue is said to have no worker."""
    parts = urlsplit(capture.url)
    with redis.Redis.from_url(capture.url) as client:
        line = "ACL SETUSER blind on >SECRET %R~* +@read +@connection +info +time -client|list"
        client.execute_command(*line.split())
        blind = parts._replace(netloc=f"blind:SECRET@{parts.netloc}").geturl()
        backend = open_backend(blind, BackendOptions(kind="bullmq"))
        assert "may not list" in backend.inspector.capabilities.why_no_workers
        assert {one.consumers for one in backend.inspector.snapshot(Watch()).queues} == {None}
        backend.close()
        client.set("bull:old:id", 1)
        client.hset("bull:old:1", mapping={"name": "send", "data": "{}", "opts": "{}", "timestamp": "1795320075344"})
        client.lpush("bull:old:wait", 1)
        bull = open_backend(blind, BackendOptions(kind="bull"))
        assert not bull.inspector.capabilities.workers
        assert [one.name.raw for one in bull.inspector.snapshot(Watch()).queues] == ["old"]
        bull.close()
        client.acl_deluser("blind")
