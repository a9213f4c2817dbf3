"""What programs may say of a job, and what they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any, NoReturn, Self

import pytest

from queuetui.client import JobOptions, Queue
from queuetui.model.correlation import correlated
from queuetui.model.declaration import job
from queuetui.model.errors import BadPayload, Conflict
from queuetui.model.job import NewJob
from queuetui.model.job_id import new_job_id
from queuetui.model.names import shown
from queuetui.model.state import State


@job("test_enqueue.declared", queue="mail", priority="high", max_attempts=9)
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
    assert (by_handler.priority, queue.get(queue.enqueue(declared, priority=0).id).priority) == (10, 0)
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
BAD_QUEUES: list[tuple[Any, str]] = [
    ("", "is empty"),
    (" ", "is empty"),
    ("a,b", "comma"),
    ("ma*", "wildcards"),
    ("*", "wildcards"),
    ("ma?l", "wildcards"),
    (" mail", "space"),
    ("mail\n", "cannot be printed"),
    ("a\x1bb", "cannot be printed"),
    ("q" * 201, "at most 200"),
    (5, "give a text"),
    (b"mail", "give a text"),
    (["mail"], "give a text"),
]
BAD_TAGS: list[tuple[Any, str]] = [(name, "list of texts") for name in ("db-1", "", b"gpu", {"a": 1}, 5)]
BAD_TAGS += [([name], wanted) for name, wanted in BAD_QUEUES]
BAD_SPANS: tuple[Any, ...] = (
    "60",
    "soon",
    -1,
    True,
    float("nan"),
    float("inf"),
    Decimal(5),
    timedelta(-1),
    10**5000,
    [],
    1e12,
)
BAD_PRIORITIES: tuple[Any, ...] = (1.9, True, "urgent", float("nan"), [], 2**60, "9" * 5000)
BAD_TIMES: list[tuple[Any, str]] = [
    ("2030-01-01", "aware datetime"),
    (5, "aware datetime"),
    (datetime(2030, 1, 1, tzinfo=UTC).replace(tzinfo=None), "no zone"),
]
BAD_TIMES += [(datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))), "years 1 to 9999")]


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


def test_a_delay_and_a_time_cannot_both_hold() -> None:
    """A job is due after a delay or at a time."""
    with pytest.raises(Conflict):
        Queue.new("Send", delay=1, at=datetime.now(UTC))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        *[({"queue": name}, wanted) for name, wanted in BAD_QUEUES],
        *[({option: tags}, wanted) for option in ("tags", "needs") for tags, wanted in BAD_TAGS],
        *[({"max_attempts": count}, "whole number") for count in (0, -1, 1.5, True, "3", 2**31, 10**5000)],
        *[({"priority": one}, "whole number") for one in BAD_PRIORITIES],
        *[({"delay": span}, "the delay") for span in BAD_SPANS],
        *[({"timeout": span}, "the timeout") for span in (*BAD_SPANS, 0, timedelta(), 0.001)],
        *[({"at": at}, wanted) for at, wanted in BAD_TIMES],
        *[({key: 5}, "give a text") for key in ("id", "name", "idempotency_key", "correlation_id")],
        *[({key: " "}, "is empty") for key in ("id", "name", "idempotency_key", "correlation_id")],
    ],
    ids=lambda value: ascii(shown(value)),
)
def test_what_cannot_hold_is_refused(options: dict[str, Any], wanted: str) -> None:
    """Each option is checked before anything is stored, and the message says what is wanted."""
    with pytest.raises((ValueError, TypeError), match=wanted):
        Queue.new("Send", **options)


def test_an_option_that_is_none_was_not_given() -> None:
    """None stands for the default everywhere."""
    options: Any = dict.fromkeys(JobOptions.__annotations__)
    assert Queue.new("Send", **options)._replace(id="", correlation_id="") == NewJob(
        "", "Send", b"{}", correlation_id=""
    )


def test_durations_are_seconds_or_a_timedelta_and_tags_any_list() -> None:
    """A timedelta is as good as seconds; tags are kept once each, in order."""
    job = Queue.new(
        "Send", delay=timedelta(minutes=1), timeout=timedelta(seconds=2), tags=(t for t in "bab"), needs={"x"}
    )
    assert (job.delay_s, job.timeout_s, job.tags, job.needs) == (60.0, 2.0, ("b", "a"), ("x",))


def test_a_handler_that_no_worker_could_find_is_refused() -> None:
    """A partial has no path, a generator would never run, a number is no handler at all."""
    for handler, word in ((partial(undeclared), "no path"), (stepwise, "without yield"), (5, "no handler")):
        with pytest.raises(TypeError, match=word):
            Queue.new(handler)  # type: ignore[arg-type]  # what is refused


def stepwise(payload: object) -> Iterator[object]:
    """A generator function, which nothing would run."""
    yield payload


def test_an_option_that_there_is_not_is_told() -> None:
    """A misspelt option is an error and not a job without it."""
    with pytest.raises(TypeError, match="no option 'idempotancy_key'; there are at,"):
        Queue.new("Send", idempotancy_key="order-7")  # type: ignore[call-arg]  # the slip that is tested


def test_a_job_has_a_type(queue: Queue) -> None:
    """A job without a type, which no handler could be found for, is refused before it is stored."""
    for job_type in ("", "  "):
        with pytest.raises(BadPayload, match="a job needs a type"):
            queue.enqueue(job_type)


class LibraryTime(datetime):
    """A time as libraries make them: what is computed with it is their own kind of span."""

    def __sub__(self, _: object) -> NoReturn:
        raise AttributeError("no microseconds")

    def astimezone(self, tz: tzinfo | None = None) -> Self:
        """Stay of its kind."""
        return type(self)(self.year, self.month, self.day, self.hour, tzinfo=tz)


def test_a_time_of_a_librarys_own_kind_is_a_time(queue: Queue) -> None:
    """A subclass of datetime is taken for the moment that it names."""
    at = LibraryTime(2099, 1, 2, 3, tzinfo=timezone(timedelta(hours=1)))
    stored = queue.get(queue.enqueue("send", at=at).id)
    assert stored.scheduled_at is not None
    assert datetime.fromisoformat(stored.scheduled_at) == datetime(2099, 1, 2, 2, tzinfo=UTC)
