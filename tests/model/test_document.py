"""A job as programs read it."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from queuetui.model.document import describe_verdict, document
from queuetui.model.state import State
from queuetui.model.verdict import STUCK_CODES, Code, Severity, Verdict
from tests.model.jobs import NOW, make_error, make_job, text

FIELDS = """
id version backend type name queue state stuck verdict priority attempts max_attempts lost payload data result error worker
correlation_id idempotency_key tags needs waits_for progress scheduled_at started_at completed_at created_at updated_at
"""


def test_a_document_has_every_promised_field() -> None:
    """Scripts rely on these names, in this order; what is absent is null and not left out."""
    shown = asdict(document(make_job(), None))
    assert " ".join(shown) == " ".join(FIELDS.split())
    nothing = {"name", "verdict", "priority", "max_attempts", "data", "result", "error", "worker", "progress"}
    assert {name for name in nothing if shown[name] is not None} == set()
    assert shown["stuck"] is False
    assert shown["tags"] == []


def test_values_are_true_and_times_are_utc() -> None:
    """Texts are as stored, JSON is read, times are RFC 3339 with microseconds."""
    job = make_job(
        type="\x1b[31mSend",
        payload='{"to": "a"}',
        result="[1, 2]",
        progress='{"done": 3}',
        tags=(text("vip"),),
        error=make_error(),
        created_at=NOW,
        state=State.FAILED,
    )
    shown = document(job, None)
    assert (shown.type, shown.payload, shown.result, shown.progress) == (
        "\x1b[31mSend",
        {"to": "a"},
        [1, 2],
        {"done": 3},
    )
    assert (shown.tags, shown.state, shown.created_at) == (["vip"], "failed", "2026-01-31T12:00:00.000000Z")
    assert shown.error == {"class": "ValueError", "message": "no such shop", "traceback": "at line 1"}
    assert (shown.id, shown.version, shown.backend) == ("job-1a2b", "7", "shop")


@pytest.mark.parametrize("payload", ["not json", '{"cut', "", "[" * 50_000])
def test_a_payload_that_is_no_json_stays_text(payload: str) -> None:
    """What cannot be read is given as it is stored."""
    assert document(make_job(payload=payload), None).payload == payload


def test_a_document_can_be_written_as_json() -> None:
    """Everything in a document is plain data."""
    verdict = Verdict(Code.ORPHANED, Severity.WARNING, "its lease is over", {"silent_s": 360}, "queuetui release")
    assert json.loads(json.dumps(asdict(document(make_job(), verdict))))["verdict"]["code"] == "orphaned"


@pytest.mark.parametrize("code", Code)
def test_stuck_is_what_the_verdict_says(code: Code) -> None:
    """A job is stuck exactly when its verdict's code is one of the stuck ones."""
    verdict = Verdict(code, Severity.INFO, "so it is")
    assert document(make_job(), verdict).stuck is (code in STUCK_CODES)
    assert describe_verdict(verdict) == {
        "code": code.value,
        "severity": "info",
        "summary": "so it is",
        "evidence": {},
        "confidence": "what the store tells",
        "next": "",
    }
