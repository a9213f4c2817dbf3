"""Celery whose results are in another database than its broker: both are one queue."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.backends.keys.changes import Guard, KeysChange
from queuetui.backends.keys.split_server import SplitServer, run_on_both
from queuetui.backends.redis.condition import ServerCondition
from queuetui.backends.redis.server import RedisServer
from queuetui.model.access import Access, Way
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import UnknownOutcome
from queuetui.model.examination import Check, Level
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.monitor.checkup import check_up
from tests.backends.captures import STATE_OF_WORD, Capture
from tests.backends.rights.redis_users import load_keys

HEAD = b"celery-task-meta-"


@pytest.fixture
def apart(redis_server: Any) -> Iterator[Capture]:
    """The capture with its results moved to a database of their own."""
    broker, results = redis_server.create_database(), redis_server.create_database()
    capture = load_keys("celery", "celery", broker)
    number = int(urlsplit(results).path.lstrip("/"))
    with redis.Redis.from_url(broker) as client:
        for key in client.keys(HEAD + b"*"):
            client.move(key, number)
    found = Capture("celery", f"{broker}?beside={results}", capture.truth)
    yield found
    found.close()
    redis_server.drop_database(broker)
    redis_server.drop_database(results)


def _jobs(backend: Backend, text: str = "") -> list[Job]:
    return list(backend.inspector.page(PageRequest(parse_query(text), 1000), Limits()).jobs)


def _act(backend: Backend, verb: Verb, job: Job) -> Any:
    return backend.operator.apply(Act(verb, "tester"), [Target(job.ref)], Limits())[0]


def _results(capture: Capture) -> Any:
    return redis.Redis.from_url(capture.url.partition("?beside=")[2])


def test_each_task_is_shown_as_if_its_result_were_in_the_same_database(apart: Capture) -> None:
    """States come from both stores, each task once, and discovery counts them and names the second one."""
    found = {job.ref.id: job.state for job in _jobs(apart.open(1))}
    assert found == {job_id: STATE_OF_WORD[true["state"]] for job_id, true in apart.stored.items()}
    (system,) = discover(apart.url, BackendOptions())
    assert system.jobs is not None
    assert (system.jobs.value, "its results are in" in system.detail) == (len(apart.stored), True)


def test_without_the_second_store_nothing_is_said_of_what_ended(apart: Capture) -> None:
    """What ended is absent and not none, and a filter on it says where it is."""
    alone = Capture("celery", apart.url.partition("?")[0], apart.truth)
    backend = alone.open(1)
    assert backend.inspector.snapshot(Watch()).counts[State.FAILED].exactness is Exactness.ABSENT
    (note,) = backend.inspector.page(PageRequest(parse_query("state:failed")), Limits()).notes
    assert "?beside=redis://" in note
    alone.close()


def test_both_stores_are_examined(apart: Capture) -> None:
    """Doctor tells of the second server too, and that it cannot be reached without keeping the rest back."""
    told = [one.summary for one in check_up(apart.open(1), Limits(), "1") if one.check is Check.SERVER]
    assert len(told) == 2
    assert told[1] == f"the second store: {told[0]}"
    backend = apart.open(1)
    assert backend.beside is not None
    examiner = ServerCondition(RedisServer("redis://127.0.0.1:1/0", BackendOptions("gone")))
    backend.beside = Backend(
        inspector=lambda: backend.inspector,
        operator=lambda: backend.operator,
        close=lambda: None,
        examiner=lambda: examiner,
    )
    found = check_up(backend, Limits(), "1")
    assert any(one.check is Check.REACHABLE and "second store" in one.summary for one in found)
    assert any(one.check is Check.SERVER and one.level is Level.OK for one in found)


def test_a_step_for_the_second_store_names_it(apart: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be deleted there is deleted by the same name as for the first one."""
    monkeypatch.setattr("queuetui.monitor.checks.server.NEARLY_ALL", 0)
    access = Access(acting={Verb.DELETE: Way(("--profile", "shop"))})
    with _results(apart) as client:
        before = client.config_get("maxmemory")["maxmemory"]
        client.config_set("maxmemory", "4gb")
        found = check_up(apart.open(1), Limits(), "1", access=access)
        client.config_set("maxmemory", before)
    steps = [one.next for one in found if one.check is Check.MEMORY]
    assert len(steps) == 2
    assert all(step.endswith("queuetui cleanup --profile shop") for step in steps)


def test_a_retry_sends_the_message_and_takes_the_result_away(apart: Capture) -> None:
    """Both stores are changed, and a second retry of what was seen is passed over."""
    backend = apart.open(1)
    job = _jobs(backend, "state:failed")[0]
    result = _act(backend, Verb.RETRY, job)
    assert (result.outcome, result.state_now) == (Outcome.DONE, State.PENDING)
    with _results(apart) as client:
        assert not client.exists(HEAD + job.ref.id.encode())
    assert _act(backend, Verb.RETRY, job).outcome is Outcome.SKIPPED
    assert backend.inspector.get(job.ref.id).state is State.PENDING


def test_a_cancel_takes_the_message_away_and_writes_the_result(apart: Capture) -> None:
    """The result stands in the second store, and is listed at the next look."""
    backend = apart.open(1)
    job = _jobs(backend, "state:pending")[0]
    assert _act(backend, Verb.CANCEL, job).state_now is State.CANCELLED
    with _results(apart) as client:
        assert b"REVOKED" in client.get(HEAD + job.ref.id.encode())
    assert job.ref.id in {one.ref.id for one in _jobs(backend, "state:cancelled")}


def test_what_only_the_first_store_took_is_told(apart: Capture) -> None:
    """Where the second store refuses, the message is sent, and the answer says which half was not done."""
    broker, _, results = apart.url.partition("?beside=")
    parts = urlsplit(results)
    with redis.Redis.from_url(results) as client:
        client.acl_setuser(
            "half", enabled=True, passwords=["+word"], keys=["*"], categories=["+@all"], commands=["-del"]
        )
        by_half = parts._replace(netloc=f"half:word@{parts.netloc}").geturl()
        halved = Capture("celery", f"{broker}?beside={by_half}", apart.truth)
        backend = halved.open(1)
        job = _jobs(backend, "state:failed")[0]
        result = _act(backend, Verb.RETRY, job)
        assert result.outcome is Outcome.UNKNOWN
        assert "its message was changed" in result.note
        assert "refused the right" in result.note
        assert backend.inspector.get(job.ref.id).state is State.FAILED
        assert job.ref.id in {one.ref.id for one in _jobs(backend, "state:pending")}
        halved.close()
        client.acl_deluser("half")


def test_what_a_worker_changed_before_the_second_store_was_is_told(apart: Capture) -> None:
    """Where the second store's guard holds no more once the first was changed, the outcome is not known, and the result stands."""
    broker, _, results = apart.url.partition("?beside=")

    class Overtaken(SplitServer):
        """Two servers, where a worker writes a result after each script on the first."""

        def run(self, *args: Any, **named: Any) -> Any:
            answer = super().run(*args, **named)
            with redis.Redis.from_url(results) as client:
                client.set(HEAD + b"1", "SUCCESS")
            return answer

    server = Overtaken(broker, RedisServer(results, BackendOptions()), HEAD, BackendOptions())
    guard = Guard(("GET", HEAD + b"1"), ("FAILURE",))
    change = KeysChange((guard,), (("LPUSH", b"sent", b"message"),), (("DEL", HEAD + b"1"),))
    with _results(apart) as client:
        client.set(HEAD + b"1", "FAILURE")
        with pytest.raises(UnknownOutcome, match="its message was changed"):
            run_on_both(server, "trying", change)
        assert client.get(HEAD + b"1") == b"SUCCESS"
    server.close()
