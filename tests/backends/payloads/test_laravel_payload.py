"""Laravel payloads: what a good one says and how a broken one is described."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.backends.payloads.laravel_payload import CommandState, read_payload

COMMAND = 'O:12:"App\\Jobs\\Pay":2:{s:21:"\0App\\Jobs\\Pay\0orderId";i:1001;s:7:"batchId";s:2:"b1";}'


def make_payload(**changes: object) -> str:
    """Write a payload as Laravel does, with some of its fields changed."""
    fields: dict[str, object] = {
        "uuid": "u-1",
        "displayName": "App\\Jobs\\Pay",
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
        "maxTries": 2,
        "timeout": 30,
        "retryUntil": None,
        "data": {"commandName": "App\\Jobs\\Pay", "command": COMMAND},
    }
    return json.dumps(fields | changes, separators=(",", ":"))


def test_a_payload_tells_its_job() -> None:
    """Identity, name, limits, command and batch are read."""
    payload = read_payload(make_payload())
    assert (payload.uuid, payload.type, payload.max_tries) == ("u-1", "App\\Jobs\\Pay", 2)
    assert payload.command_state is CommandState.READ
    assert payload.command is not None
    assert payload.command.find("orderId") == 1001
    assert payload.batch_id == "b1"
    assert payload.problem is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[1,2]",
        "null",
        '"x"',
        "{",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"uuid":' + "9" * 5000 + "}",
        "\ud800",
    ],
)
def test_what_is_no_payload_is_described(text: str) -> None:
    """A text that is not a JSON object gives an unnamed payload that says what is wrong."""
    payload = read_payload(text)
    assert payload.problem is not None
    assert payload.type == "(unnamed)"


@pytest.mark.parametrize("value", [None, 5, True, [], {}, -1, 2**80, 1e400, "5", ["a", 5]])
@pytest.mark.parametrize("key", ["uuid", "displayName", "job", "maxTries", "timeout", "retryUntil", "data", "tags"])
def test_a_field_of_another_kind_is_ignored(key: str, value: object) -> None:
    """A field whose value is of the wrong kind or out of range is as good as absent."""
    payload = read_payload(make_payload(**{key: value}))
    assert payload.max_tries in (None, 2, 5)
    assert payload.retry_until in (None, 5)
    assert isinstance(payload.type, str)


def test_a_string_job_is_named_by_its_handler() -> None:
    """A job without display name or command is known by its `Class@method`."""
    payload = read_payload(make_payload(displayName=None, job="App\\Old@fire", data={"x": 1}))
    assert payload.type == "App\\Old@fire"
    assert payload.command_state is CommandState.ABSENT


def test_an_encrypted_command_is_told_apart_from_a_broken_one() -> None:
    """The envelope of an encrypted job is recognised; other text that is no command is malformed."""
    envelope = base64.b64encode(b'{"iv":"aaaa","value":"bbbb","mac":"cc","tag":""}').decode()
    secret = read_payload(make_payload(data={"commandName": "S", "command": envelope}))
    assert (secret.command_state, secret.problem) == (CommandState.ENCRYPTED, None)
    broken = read_payload(make_payload(data={"commandName": "S", "command": 'O:1:"A":9:{'}))
    assert broken.command_state is CommandState.MALFORMED
    assert broken.problem is not None
    assert broken.type == "App\\Jobs\\Pay"


def test_lone_surrogates_are_read() -> None:
    """A name with half a surrogate pair, which strict readers refuse, is still a name."""
    assert read_payload('{"displayName":"a\\ud800"}').type == "a\ud800"


def test_every_head_of_a_payload_is_read_without_a_problem_with_the_command() -> None:
    """However a payload is cut after its plain fields, its name stays and its command is read as far as it goes."""
    whole = make_payload()
    payload = read_payload(whole)
    start = whole.index(',"data"') + len(',"data":{')
    for end in range(start, len(whole)):
        payload = read_payload(whole[:end], cut=True)
        assert payload.type == "App\\Jobs\\Pay", whole[:end]
        assert payload.problem is None, whole[:end]
    assert payload.command is not None
    assert payload.command.find("orderId") == 1001


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    """No text raises, whole or cut."""
    read_payload(text)
    read_payload(text, cut=True)
