"""A job as programs read it."""

from __future__ import annotations

import json

import pytest

from queuetui.model.document import MAX_DEPTH, document
from queuetui.model.text import Untrusted
from tests.monitor.pictures import job

DEEP = '{"a":' * 900 + "1" + "}" * 900
AT_THE_LIMIT = "[" * MAX_DEPTH + "]" * MAX_DEPTH


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        ("3", 3),
        ("", ""),
        ("not json", "not json"),
        ("NaN", "NaN"),
        ('{"a": -Infinity}', '{"a": -Infinity}'),
        ("[1e999]", "[1e999]"),
        ("1" * 5000, "1" * 5000),
        (DEEP, DEEP),
        ("[" * 100_000, "[" * 100_000),
        (AT_THE_LIMIT, json.loads(AT_THE_LIMIT)),
        (f"[{AT_THE_LIMIT}]", f"[{AT_THE_LIMIT}]"),
        ('"\\ud800"', "\ud800"),
    ],
    ids=lambda text: str(text)[:20],
)
def test_a_payload_is_its_value_where_json_can_write_it_again(text: str, value: object) -> None:
    """What JSON cannot write again, or what is nested too deep to be walked, stays the text that was stored."""
    found = document(job(payload=Untrusted(text)), None).payload
    assert found == value
    json.dumps(found, allow_nan=False)


def test_unknown_is_null_and_never_zero() -> None:
    """What a store does not keep is null in the document."""
    shown = document(job(max_attempts=None), None).to_dict()
    for key in ("priority", "max_attempts", "error", "result", "verdict", "started_at", "worker"):
        assert shown[key] is None
    assert (shown["stuck"], shown["tags"]) == (False, [])
