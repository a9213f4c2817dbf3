"""Messages and results of Celery are read in each of its serialisers, and nothing in them is run."""

from __future__ import annotations

import base64
import bz2
import json
import zlib
from pathlib import Path

import pytest

from queuetui.backends.payloads.celery_result import read_result, write_revoked
from queuetui.backends.payloads.kombu_message import read_message, write_message
from queuetui.backends.payloads.kombu_routes import read_routes

CALL = [["a@example.test", 3], {"subject": "hello"}, {"callbacks": None, "errbacks": None, "chain": [], "chord": None}]
TOLD = {"args": CALL[0], "kwargs": CALL[1]}
# The opcodes of that call, and of a result that is an exception.
PICKLED = (
    b"\x80\x02]q\x00(]q\x01(X\x0e\x00\x00\x00a@example.testq\x02K\x03e}q\x03X\x07\x00\x00\x00subjectq\x04X\x05\x00\x00\x00hell"
    b"oq\x05s}q\x06(X\t\x00\x00\x00callbacksq\x07NX\x08\x00\x00\x00errbacksq\x08NX\x05\x00\x00\x00chainq\t]q\nX\x05\x00\x00"
    b"\x00chordq\x0bNue."
)
PICKLED_ERROR = (
    b"\x80\x02}q\x00(X\x06\x00\x00\x00statusq\x01X\x07\x00\x00\x00FAILUREq\x02X\x06\x00\x00\x00resultq\x03cexceptions\nVa"
    b"lueError\nq\x04X\x03\x00\x00\x00badq\x05K\x07\x86q\x06Rq\x07X\t\x00\x00\x00tracebackq\x08X\t\x00\x00\x00Tracebackq"
    b"\tu."
)
# What msgpack writes of a list of a list and two maps.
PACKED = b"\x93\x92\xaea@example.test\x03\x81\xa7subject\xa5hello\x80"
# What Kombu's yaml writes of it.
BLOCK = b"- [a@example.test, 3]\n- {subject: hello}\n- {callbacks: null}\n"


def _canary(file: Path) -> bytes:
    """Return the opcodes that open a file for writing where they are obeyed."""
    name = str(file).encode()
    return b"cbuiltins\nopen\n(X" + len(name).to_bytes(4, "little") + name + b"X\x01\x00\x00\x00wtR"


def _envelope(body: bytes, **headers: object) -> bytes:
    told = {"id": "one", "task": "mail.send", **headers}
    properties = {"correlation_id": "one", "body_encoding": "base64"}
    return json.dumps({"body": base64.b64encode(body).decode(), "headers": told, "properties": properties}).encode()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (json.dumps(CALL).encode(), TOLD),
        (PICKLED, TOLD),
        (PACKED, TOLD),
        (zlib.compress(json.dumps(CALL).encode()), TOLD),
        (bz2.compress(PICKLED), TOLD),
        (BLOCK, {"yaml": BLOCK.decode()}),
    ],
    ids=["json", "pickle", "msgpack", "compressed", "bzip2", "yaml"],
)
def test_a_body_of_each_serialiser_is_read(body: bytes, told: dict[str, object]) -> None:
    """The call comes out with its arguments by name; YAML is shown as it stands."""
    message = read_message(_envelope(body))
    assert message is not None
    call, payload, problem = message.read_call()
    assert (call, json.loads(payload), problem) == ("mail.send", told, "")


def test_a_body_that_cannot_be_read_is_told_by_its_headers() -> None:
    """What the sender wrote for people is shown, with why no more is."""
    message = read_message(_envelope(b"\0\1\2\3\4\5", argsrepr="('a', 3)", kwargsrepr="{}"))
    assert message is not None
    call, payload, problem = message.read_call()
    assert (call, json.loads(payload)) == ("mail.send", {"argsrepr": "('a', 3)", "kwargsrepr": "{}"})
    assert "not known" in problem


def test_the_first_protocol_is_read() -> None:
    """Celery up to 3 says all in the body."""
    body = json.dumps({"task": "old.task", "id": "two", "args": [1], "kwargs": {}, "retries": 0}).encode()
    raw = json.dumps({"body": base64.b64encode(body).decode(), "properties": {"correlation_id": "two"}}).encode()
    message = read_message(raw)
    assert message is not None
    assert (message.task_id, message.is_whole) == ("two", False)
    assert message.read_call()[:2] == ("old.task", json.dumps({"args": [1], "kwargs": {}}))


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b'["x", 1]', b'[{}, "", "q"]', b"[" * 100_000]
)
def test_what_is_no_message_is_none(raw: bytes) -> None:
    """Other values that stand in a list are told apart."""
    assert read_message(raw) is None


def test_nothing_in_a_pickle_is_run(tmp_path: Path) -> None:
    """A body and a result that would write a file are read without that."""
    file = tmp_path / "ran"
    message = read_message(_envelope(b"\x80\x02]](" + _canary(file) + b"ea}a}a."))
    assert message is not None
    assert "builtins.open" in message.read_call()[1]
    result = read_result(b"\x80\x02}(U\x06statusU\x07SUCCESSU\x06result" + _canary(file) + b"u.")
    assert (result.status, result.in_json) == ("SUCCESS", False)
    assert result.returned is not None
    assert "builtins.open" in result.returned.raw
    assert not file.exists()


def test_errors_are_read_from_json_and_from_pickles() -> None:
    """JSON has an error's parts, a pickle the exception itself; a message that is no list is taken whole.

    Of an exception that cannot be pickled the parts are those of what Celery wraps it in.
    """
    parts = {"exc_type": "ValueError", "exc_message": ["bad", 7], "exc_module": "builtins"}
    wrapped = ["shop", "ValueError", ["bad", 7], "ValueError('bad', 7)"]
    told = [
        {"status": "FAILURE", "result": parts},
        {"status": "FAILURE", "result": {"exc_type": "UnpickleableExceptionWrapper", "exc_message": wrapped}},
        {"status": "RETRY", "result": {**parts, "exc_type": "Order.ValueError", "exc_message": "bad, 7"}},
    ]
    for raw in (PICKLED_ERROR, *(json.dumps({**one, "traceback": "Traceback"}).encode() for one in told)):
        error = read_result(raw).error
        assert error is not None
        assert (error.class_name.raw, error.message.raw, error.traceback.raw) == ("ValueError", "bad, 7", "Traceback")


@pytest.mark.parametrize(
    ("status", "raised", "reason", "has_run"),
    [
        ("REVOKED", "TaskRevokedError", "terminated", True),
        ("REVOKED", "TaskRevokedError", "revoked", False),
        ("REVOKED", "TaskRevokedError", "expired", False),
        ("FAILURE", "ChordError", "Dependency one raised KeyError", False),
        ("FAILURE", "KeyError", "one", True),
    ],
)
def test_a_result_tells_whether_its_task_was_begun(status: str, raised: str, reason: str, has_run: bool) -> None:
    """A worker writes down why it revoked a task, and fails the callback of a chord without a run, by the error of a task that ran."""
    parts = {"exc_type": raised, "exc_message": [reason], "exc_module": "celery.exceptions"}
    begun, frame = "Traceback (most recent call last):\n", '  File "redis.py", line 7, in on_chord_part_return\n'
    trace = f'{begun}  File "trace.py", line 7, in trace_task\nKeyError: 7\n\nDuring handling of it:\n\n{begun}{frame}{raised}: {reason}'
    stored = {"status": status, "result": parts, "traceback": trace}
    assert read_result(json.dumps(stored).encode()).has_run == has_run


def test_of_a_result_that_was_read_in_part_the_status_is_known() -> None:
    """A large result is not read to its end."""
    raw = json.dumps({"status": "SUCCESS", "result": "x" * 1_000}).encode()[:500]
    assert (read_result(raw).status, read_result(raw).call, read_result(raw).in_json) == ("SUCCESS", None, True)
    for begun in (
        b"\x80\x04\x95-\x04\0\0\0\0\0\0}\x94(\x8c\x06status\x94\x8c\x07FAILURE\x94\x8c\x06res",
        b"\x80\x02}q\0(X\x06\0\0\0statusq\x01X\x07\0\0\0FAILUREq\x02",
        b"\x83\xa6status\xa7FAILURE\xa6result\xdb",
    ):
        assert (read_result(begun).status, read_result(begun).in_json) == ("FAILURE", False)
    assert read_result(b"\0\1").status == ""


def test_what_is_written_is_read_again() -> None:
    """A new message and a result of a revoked task are as Celery's own."""
    message = read_message(write_message("one", ("mail.send", ["ü", 1.0], {"n": 12345678901234567}), "mails", None))
    assert message is not None
    call, payload, _ = message.read_call()
    assert (call, message.task_id, message.retries, message.is_whole) == ("mail.send", "one", 0, True)
    assert json.loads(payload) == {"args": ["ü", 1.0], "kwargs": {"n": 12345678901234567}}
    assert read_result(write_revoked("one", "2026-11-22T03:59:32+00:00")).status == "REVOKED"
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_message("one", ("t", [float("nan")], {}), "q", None)


def test_a_message_goes_to_the_queue_that_its_exchange_is_bound_to() -> None:
    """A routing key is a queue's name without an exchange, else what a binding says or its pattern of words fits."""
    tables = {
        b"shop": {b"shop|shop|shop"},
        b"mails": {b"mail.#|^mail..*?$|mail", b"news.*.now|x|news"},
        b"direct": {b"slow|slow|slow q"},
    }
    routes = read_routes(tables, b"|")
    assert routes.queues == {"shop", "mail", "news", "slow q"}
    by_exchange = [
        ("", "any", "any"),
        ("mails", "mail.welcome.de", "mail"),
        ("mails", "mail", "mail"),
        ("mails", "news.de.now", "news"),
        ("mails", "news.de", None),
        ("direct", "unbound", "slow q"),
        ("mails", ".".join("a" * 5_000), None),
        ("none", "x", None),
    ]
    assert [routes.queue_of(exchange, key) for exchange, key, _ in by_exchange] == [one for *_, one in by_exchange]
    assert [routes.queue_by_key(key) for key in ("slow", "mail.x", "shop", "other")] == [
        "slow q",
        "mail",
        "shop",
        "other",
    ]


def test_queues_that_are_bound_alike_are_all_told() -> None:
    """Queues without a routing key of their own are bound by one and the same; a message that names one of them is that one's."""
    routes = read_routes({b"celery": [b"celery||celery", b"celery||high", b"celery||post"]}, b"|")
    assert routes.queues == {"celery", "high", "post"}
    assert (routes.queue_of("celery", "celery"), routes.queue_of("", "high")) == ("celery", "high")
    assert routes.queue_by_key("high") == "high"
    shared = read_routes({b"x": [b"key||a", b"key||b"]}, b"|")
    assert (shared.queue_of("x", "key"), shared.queue_by_key("key")) == (None, "key")
