"""Into which list a message goes that a worker held: one that workers read, whatever steps and separator they have."""

from __future__ import annotations

import json

import pytest
import redis

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State

_USUAL = "\x06\x16"


def _message(task_id: str, priority: int) -> dict[str, object]:
    headers = {"id": task_id, "task": "t", "lang": "py", "retries": 0}
    return {"body": "W1tdLCB7fSwge31d", "headers": headers, "properties": {"priority": priority}}


@pytest.mark.parametrize(
    ("there", "sep", "settings", "goal"),
    [
        ((), _USUAL, {}, "mail"),
        ((3,), _USUAL, {}, "mail\x06\x163"),
        ((2, 8), _USUAL, {}, "mail\x06\x162"),
        ((), _USUAL, {"celery.priority_steps": "[0, 3, 6, 9]"}, "mail\x06\x166"),
        ((3,), _USUAL, {"celery.priority_steps": "8 9"}, "mail\x06\x169"),
        ((5,), "::", {}, "mail::5"),
        ((5,), "!", {"celery.sep": "!"}, "mail!5"),
    ],
)
def test_a_released_message_goes_where_workers_look(
    redis_url: str, there: tuple[int, ...], sep: str, settings: dict[str, str], goal: str
) -> None:
    """By the steps that the profile names, else by the lists that are there, never below the first."""
    with redis.Redis.from_url(redis_url) as client:
        client.sadd("_kombu.binding.mail", f"mail{sep}{sep}mail")
        client.hset("unacked", "tag", json.dumps([_message("held", 7), "", "mail"]))
        client.zadd("unacked_index", {"tag": 1.0})
        for step in there:
            client.lpush(f"mail{sep}{step}", json.dumps(_message(f"waits-{step}", step)))
        opened = open_backend(redis_url, BackendOptions(kind="celery", settings=settings))
        job = opened.inspector.get("held")
        (result,) = opened.operator.apply(Act(Verb.RELEASE, "tester"), [Target(job.ref)], Limits())
        assert (job.queue.raw, result.outcome) == ("mail", Outcome.DONE)
        assert opened.inspector.get("held").queue.raw == "mail"
        opened.close()
        assert b'"held"' in client.lindex(goal, -1)


@pytest.mark.parametrize("end", ["rpush", "lpush"])
@pytest.mark.parametrize(("status", "runs"), [("STARTED", 1), ("REVOKED", 0), ("RETRY", 0)])
def test_what_a_worker_gave_back_is_one_task(redis_url: str, status: str, runs: int, end: str) -> None:
    """Its message waits, whatever the result of the run before says, which is taken away with it.

    What was rejected with requeue stands where new messages go.
    """
    told = {"status": status, "result": {"exc_type": "E", "exc_message": ["revoked"]}}
    message = _message("back", 0)
    message["headers"] = {**message["headers"], "redelivered": True}  # type: ignore[dict-item]  # a dict
    with redis.Redis.from_url(redis_url) as client:
        client.sadd("_kombu.binding.mail", f"mail{_USUAL}{_USUAL}mail")
        getattr(client, end)("mail", json.dumps(_message("other", 0)), json.dumps(message))
        client.set("celery-task-meta-back", json.dumps(told))
        opened = open_backend(redis_url, BackendOptions(kind="celery"))
        assert opened.inspector.snapshot(Watch()).total.value == 2
        jobs = {job.ref.id: job for job in opened.inspector.page(PageRequest(limit=9), Limits()).jobs}
        assert opened.inspector.get("back").state is State.PENDING
        assert (jobs["back"].state, jobs["back"].attempts) == (State.PENDING, runs)
        (result,) = opened.operator.apply(Act(Verb.DELETE, "tester"), [Target(jobs["back"].ref)], Limits())
        assert (result.outcome, opened.inspector.snapshot(Watch()).total.value) == (Outcome.DONE, 1)
        opened.close()


def test_steps_that_are_none_are_refused(redis_url: str) -> None:
    """Steps are numbers from 0 to 9, and the setting is named where they are not."""
    with redis.Redis.from_url(redis_url) as client:
        client.sadd("_kombu.binding.mail", f"mail{_USUAL}{_USUAL}mail")
    with pytest.raises(BadConfig, match="priority_steps"):
        open_backend(redis_url, BackendOptions(kind="celery", settings={"celery.priority_steps": "low, high"}))
