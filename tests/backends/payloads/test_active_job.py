"""Jobs of Rails' ActiveJob are read as JSON, and what names objects of Ruby stays text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from queuetui.backends.payloads.active_job import (
    count_executions,
    forget_executions,
    read_active_job,
    read_error_line,
)

KEYWORDS = {"to": "Zoë", "tags": ["a"], "_aj_ruby2_keywords": ["to", "tags"]}
USER = {"_aj_globalid": "gid://shop/User/7?tenant=eu"}
RANGE = {"_aj_serialized": "ActiveJob::Serializers::RangeSerializer", "begin": 1, "end": None, "exclude_end": True}
SYMBOL = {"_aj_serialized": "ActiveJob::Serializers::SymbolSerializer", "value": "finish"}


def _job(*arguments: Any, **more: Any) -> str:
    told = {
        "job_class": "Add",
        "arguments": list(arguments),
        "executions": 2,
        "exception_executions": {"[KeyError]": 2},
    }
    return json.dumps({**told, "locale": "en", **more}, ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize(
    ("arguments", "call", "data"),
    [
        ([0, KEYWORDS], {"args": [0], "kwargs": {"to": "Zoë", "tags": ["a"]}}, "to Zoë"),
        ([USER, SYMBOL], {"args": ["User/7", "finish"], "kwargs": {}}, '"User/7", "finish"'),
        ([], {"args": [], "kwargs": {}}, None),
        ([RANGE, {**RANGE, "end": 5, "exclude_end": False}], {"args": ["1...", "1..5"], "kwargs": {}}, '"1...", "1..5"'),
        ([{"x": [USER], "_aj_hash_with_indifferent_access": True}], {"args": [{"x": ["User/7"]}], "kwargs": {}}, None),
        (
            ["UserMailer", "welcome", "deliver_now", {"args": [USER], "_aj_ruby2_keywords": ["args"]}],
            {"args": ["UserMailer", "welcome", "deliver_now"], "kwargs": {"args": ["User/7"]}},
            'UserMailer.welcome "User/7"',
        ),
        ([{"_aj_serialized": "Evil::Canary", "value": {"cmd": "`touch x`"}}], {"args": [{"cmd": "`touch x`"}], "kwargs": {}}, None),
    ],
    ids=["keywords", "records", "nothing", "ranges", "nested", "mail", "canary"],
)  # fmt: skip
def test_a_call_is_read(arguments: list[Any], call: dict[str, Any], data: str | None) -> None:
    """Arguments come by place and by name, records and symbols as texts; nothing that is named is looked up."""
    read = read_active_job("Add", _job(*arguments), {})
    assert read is not None
    assert (json.loads(read.payload), read.executions) == (call, 2)
    if data is not None:
        assert read.data is not None
        assert read.data.raw == data


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("Net::OpenTimeout: a: b\nc", "Net::OpenTimeout", "a: b\nc"),
        ("KeyError", "KeyError", ""),
        ("Äpfel::Faul: ", "Äpfel::Faul", ""),
        ("#<Class:0x00007f21>: made up", "#<Class:0x00007f21>", "made up"),
        ("no class: here", "", "no class: here"),
    ],
)
def test_an_error_that_is_one_text_is_read(text: str, name: str, message: str) -> None:
    """The class stands before the first colon with a blank, whatever its letters are, and without a name too."""
    error = read_error_line(text)
    assert (error.class_name.raw, error.message.raw) == (name, message)


def test_runs_are_counted_at_the_end_of_a_text() -> None:
    """A count in the arguments is passed over, and the end of a long text is enough."""
    text = _job({"executions": 9, "exception_executions": {}}, "x" * 50_000)
    assert (count_executions(text[-500:]), count_executions("nonsense")) == (2, None)


def test_forgotten_runs_leave_all_other_bytes() -> None:
    """Only the two counts of the job itself become nothing; spaces, numbers and equal words in arguments stay as they are."""
    text = _job({"executions": 9, "exception_executions": {"a": 1}}, 12345678901234567, 1.0)
    counts = '"executions":2,"exception_executions":{"[KeyError]":2}'
    assert forget_executions(text) == text.replace(counts, '"executions":0,"exception_executions":{}')
    spaced = '{ "exception_executions" : {"a": 1} , "executions": 3 }'
    assert forget_executions(spaced) == '{ "exception_executions" : {} , "executions": 0 }'
    assert [forget_executions(one) for one in ("", "[1]", '{"executions":1}', "{" * 9_999)] == [None] * 4


@pytest.mark.parametrize("text", ["", "null", "[]", '{"arguments":1}', "\0", "[" * 100_000, "\ud800"])
def test_other_texts_are_none(text: str) -> None:
    """What ActiveJob did not write is told apart."""
    assert read_active_job("Add", text, {}) is None


def test_deep_arguments_are_cut() -> None:
    """What is nested too deep is not followed to its end."""
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    read = read_active_job("Add", _job(deep), {})
    assert read is not None
    assert "..." in read.payload
