"""Many jobs that differ in their payloads only."""

from __future__ import annotations

from typing import Any

import pytest

from queuetui.client import Queue
from queuetui.client.inherited import inherited_from
from queuetui.client.payloads import encode_payload, encode_payloads
from queuetui.model.correlation import correlated, current_cause
from queuetui.model.errors import BadPayload, Conflict
from queuetui.model.inheritance import read_inheritance
from tests.client.test_enqueue import declared

PAYLOADS: list[Any] = [
    {"sku": "A-1"},
    None,
    [],
    "a\0b",
    "\N{SNOWMAN}\\",
    {"deep": [{"x": 1.5}, [True, None]]},
    7,
    '","',
]


def test_many_jobs_are_what_each_would_be_alone(queue: Queue) -> None:
    """But for their ids they are stored as jobs made one by one, in the order given."""
    wanted: list[Any] = [{} if payload is None else payload for payload in PAYLOADS * 40]
    answers = queue.enqueue_many(Queue.new_many("Send", PAYLOADS * 40, queue="mail", priority=3, tags=["eu"]))
    answers += queue.enqueue_many(Queue.new_many("Send", PAYLOADS * 40, queue="mail", priority=3, tags=["eu"]))
    stored, _ = queue.jobs("sort:created", limit=1_000)
    by_id = {one.id: one for one in stored}
    assert len({answer.id for answer in answers if answer.created}) == len(by_id) == 2 * len(wanted)
    assert [by_id[answer.id].payload for answer in answers] == wanted + wanted
    assert {(one.type, one.queue, one.priority, tuple(one.tags)) for one in stored} == {("Send", "mail", 3, ("eu",))}
    assert all(one.correlation_id == one.id for one in stored)


def test_a_declared_handler_lends_many_its_rules() -> None:
    """Its queue and attempts hold for all of them, and so does the caller's correlation id."""
    with correlated("order-7"):
        made = Queue.new_many(declared, [1, 2])
    assert {(one.queue, one.max_attempts, one.correlation_id) for one in made} == {("mail", 9, "order-7")}


def test_the_trace_of_a_request_goes_on_in_inner_blocks() -> None:
    """Naming what work is for does not lose it; header names are in any case, what is no trace is let be, what is no text refused."""
    parent = f"00-{'4b' * 16}-{'0f' * 8}-01"
    with correlated("request", {"Traceparent": parent, "Host": "a"}), correlated("order-7", {"traceparent": "garbage"}):
        stored = inherited_from(current_cause())
    assert read_inheritance(stored).trace == {"traceparent": parent}
    with correlated("request", {"traceparent": "garbage"}):
        assert inherited_from(current_cause()) is None
    refused: list[Any] = [{"traceparent": b"x"}, [(b"traceparent", b"x")], 5]
    for given in refused:
        with pytest.raises(TypeError, match="the trace "), correlated("request", given):
            pass


@pytest.mark.parametrize("said", [{"id": "0198c0de-0000-7000-8000-000000000001"}, {"idempotency_key": "k"}])
def test_many_jobs_share_no_id_and_no_key(said: dict[str, str]) -> None:
    """What can be said of one job only is refused for many."""
    with pytest.raises(Conflict, match="many jobs"):
        Queue.new_many("Send", [1, 2], **said)  # type: ignore[arg-type]  # the point of the test


def test_payloads_are_encoded_together_as_each_alone() -> None:
    """One call gives the same bytes as one call each, half a surrogate pair among them or not."""
    assert encode_payloads([]) == []
    for values in (PAYLOADS, [*PAYLOADS, "\ud800"]):
        assert encode_payloads(values) == [encode_payload(value) for value in values]


@pytest.mark.parametrize("bad", [float("nan"), {1, 2}, b"x"])
def test_one_bad_payload_of_many_is_named(bad: object) -> None:
    """The whole call is refused, with what is to blame."""
    with pytest.raises(BadPayload, match=r"not JSON: payload\.x is"):
        encode_payloads([{"x": 1}, {"x": bad}])


def test_single_jobs_go_on_after_many_were_sent_again(queue: Queue) -> None:
    """What a connection had prepared may be forgotten when a part of a transaction is undone; the next job does not mind."""
    many = Queue.new_many("Send", [{"n": number} for number in range(150)])
    assert [queue.enqueue("Send", {"first": number}).created for number in range(3)] == [True] * 3
    for is_new in (True, False, False, False):
        assert {answer.created for answer in queue.enqueue_many(many)} == {is_new}
    again = queue.enqueue(
        "Send", {"snow": "\N{SNOWMAN}\0\\"}, name="\N{SNOWMAN}", tags=["a", 'b"'], priority="high", timeout=1.5
    )
    stored = queue.get(again.id)
    assert (again.created, stored.payload, stored.name) == (True, {"snow": "\N{SNOWMAN}\0\\"}, "\N{SNOWMAN}")
    assert (stored.tags, (stored.priority or 0) > 0) == (["a", 'b"'], True)
