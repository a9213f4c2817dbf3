"""What programs may say of a job, and what they are told."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queuetui.client import Queue
from queuetui.model.correlation import correlated
from queuetui.model.declaration import job
from queuetui.model.errors import BadPayload, Conflict
from queuetui.model.job_id import new_job_id
from queuetui.model.state import State


@job("test_enqueue.declared", queue="mail", max_attempts=9)
def declared(payload: object) -> None:
    """A handler with rules."""


def undeclared(payload: object) -> None:
    """A handler without a declaration."""


def test_every_field_is_stored(queue: Queue) -> None:
    """A job is read back as it was described."""
    answer = queue.enqueue(
        "Send",
        {"to": "ann"},
        queue="mail",
        priority=7,
        max_attempts=5,
        idempotency_key="k1",
        correlation_id="c1",
        tags=["eu", "beta"],
        name="a name",
        delay=timedelta(hours=1),
    )
    stored = queue.get(answer.id)
    assert (answer.created, answer.state, stored.state) == (True, State.SCHEDULED, "scheduled")
    assert (stored.type, stored.queue, stored.priority, stored.max_attempts) == ("Send", "mail", 7, 5)
    assert (stored.idempotency_key, stored.correlation_id, stored.name) == ("k1", "c1", "a name")
    assert (stored.payload, stored.tags, stored.attempts, stored.lost) == ({"to": "ann"}, ["eu", "beta"], 0, 0)
    assert stored.created_at is not None
    assert stored.scheduled_at is not None
    wait = datetime.fromisoformat(stored.scheduled_at) - datetime.fromisoformat(stored.created_at)
    assert abs(wait.total_seconds() - 3600) < 1


def test_little_need_be_said(queue: Queue) -> None:
    """A type is enough: the rest has defaults, and the job is due now."""
    stored = queue.get(queue.enqueue("Send").id)
    assert (stored.queue, stored.priority, stored.max_attempts, stored.payload) == ("default", 0, 3, {})
    assert stored.state == "pending"


def test_a_time_may_be_named(queue: Queue) -> None:
    """`at` is absolute and may have any zone; a time that has passed is now."""
    at = datetime.now(UTC) + timedelta(days=1)
    stored = queue.get(queue.enqueue("Send", at=at).id)
    assert stored.state == "scheduled"
    assert stored.scheduled_at is not None
    assert datetime.fromisoformat(stored.scheduled_at) == at
    assert queue.enqueue("Send", at=at - timedelta(days=2)).state is State.PENDING


@pytest.mark.parametrize(
    ("priority", "number"), [("low", -10), ("normal", 0), ("high", 10), ("critical", 20), (-7, -7), ("42", 42)]
)
def test_priorities_have_names(queue: Queue, priority: int | str, number: int) -> None:
    """A priority is any whole number or one of four names."""
    assert queue.get(queue.enqueue("Send", priority=priority).id).priority == number


def test_a_key_is_enqueued_once(queue: Queue) -> None:
    """The second job with a key is the first one, and the answer says so with its state now."""
    first = queue.enqueue("Send", {"n": 1}, idempotency_key="order-7")
    second = queue.enqueue("Send", {"n": 2}, idempotency_key="order-7")
    assert (first.created, second.created, second.id, second.state) == (True, False, first.id, State.PENDING)
    queue.cancel(first.id)
    assert queue.enqueue("Send", idempotency_key="order-7").state is State.CANCELLED
    assert queue.stats()["total"] == 1


def test_an_id_may_be_sent_again(queue: Queue) -> None:
    """After a lost answer the same id is stored once."""
    job_id = new_job_id()
    assert queue.enqueue("Send", id=job_id).created
    again = queue.enqueue("Send", id=job_id.replace("-", "").upper())
    assert (again.id, again.created) == (job_id, False)


def test_a_handler_stands_for_its_type(queue: Queue) -> None:
    """A declared handler brings its type and rules; an undeclared one is named by its path; what is said wins."""
    by_handler = queue.get(queue.enqueue(declared).id)
    assert (by_handler.type, by_handler.queue, by_handler.max_attempts) == ("test_enqueue.declared", "mail", 9)
    by_name = queue.get(queue.enqueue("test_enqueue.declared", queue="sms", max_attempts=1).id)
    assert (by_name.queue, by_name.max_attempts) == ("sms", 1)
    assert queue.get(queue.enqueue(undeclared).id).type.endswith("test_enqueue:undeclared")


def test_many_are_stored_in_one_go(queue: Queue) -> None:
    """Different jobs are stored together, and each is answered in order."""
    jobs = [queue.new("Send", {"n": n}, queue=f"q{n % 2}") for n in range(500)]
    answers = queue.enqueue_many(jobs)
    assert [answer.id for answer in answers] == [one.id for one in jobs]
    assert all(answer.created for answer in answers)
    stats = queue.stats()
    assert (stats["pending"], stats["queues"]["q0"]["pending"]) == (500, 250)


def test_an_event_loop_is_not_held_up(queue: Queue) -> None:
    """Async programs await the same answer, with the correlation id of their task."""

    async def enqueue_two() -> list[str]:
        with correlated("request-1"):
            answers = await asyncio.gather(queue.aenqueue("Send", {"n": 1}), queue.aenqueue("Send", {"n": 2}))
        return [answer.id for answer in answers]

    ids = asyncio.run(enqueue_two())
    assert {queue.get(job_id).correlation_id for job_id in ids} == {"request-1"}


class Odd:
    """Something that JSON cannot hold."""


CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("payload", "blamed"),
    [
        ({"when": datetime(2030, 1, 1, tzinfo=UTC)}, "payload.when is of type datetime"),
        ({"user": {"ids": [1, {2}]}}, "payload.user.ids.1 is of type set"),
        ({"a": [1.0, float("nan")]}, "payload.a.1 is nan"),
        (float("inf"), "payload is inf"),
        (b"bytes", "payload is of type bytes"),
        ({("a", "b"): 1}, "a key of payload is of type tuple"),
        ([Odd()], "payload.0 is of type Odd"),
        (CYCLE, "holds itself"),
    ],
)
def test_a_payload_that_is_not_json_is_named(payload: object, blamed: str) -> None:
    """The message says what is wrong and where, and nothing is stored."""
    with pytest.raises(BadPayload) as refused:
        Queue.new("Send", payload)
    assert blamed in str(refused.value)


@pytest.mark.parametrize("payload", [None, {}, [], 0, "", {"k": "\ud800 \x00 \u202e"}, {"n": 2**80}, [[[[]]]]])
def test_any_json_is_a_payload(queue: Queue, payload: object) -> None:
    """Lone surrogates, NUL and great numbers come back as they were."""
    stored = queue.get(queue.enqueue("Send", payload).id).payload
    assert stored == ({} if payload is None else payload)


def test_what_cannot_both_hold_is_refused() -> None:
    """A delay and a time, a time without a zone, no attempt at all, no time at all and an unknown priority are refused."""
    now = datetime.now(UTC)
    with pytest.raises(Conflict):
        Queue.new("Send", delay=1, at=now)
    with pytest.raises(ValueError, match="no zone"):
        Queue.new("Send", at=now.replace(tzinfo=None))
    with pytest.raises(ValueError, match="at least one attempt"):
        Queue.new("Send", max_attempts=-1)
    with pytest.raises(ValueError, match="no run can end"):
        Queue.new("Send", timeout=timedelta())
    with pytest.raises(ValueError, match="urgent"):
        Queue.new("Send", priority="urgent")


def test_an_option_that_there_is_not_is_told() -> None:
    """A misspelt option is an error and not a job without it."""
    with pytest.raises(TypeError, match="no option 'idempotancy_key'; there are at,"):
        Queue.new("Send", idempotancy_key="order-7")  # type: ignore[call-arg]  # the slip that is tested


def test_a_job_has_a_type(queue: Queue) -> None:
    """A job without a type, which no handler could be found for, is refused before it is stored."""
    for job_type in ("", "  "):
        with pytest.raises(BadPayload, match="a job needs a type"):
            queue.enqueue(job_type)
