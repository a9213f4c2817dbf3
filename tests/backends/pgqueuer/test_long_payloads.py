"""Payloads of PgQueuer that are longer than what a list reads of them."""

from __future__ import annotations

import base64
import json

import psycopg
import pytest

from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from tests.backends.rights.sql_users import load_dump

_JSON = json.dumps({"sku": "A-1", "text": "é" * 9_000}, ensure_ascii=False)
_BINARY = b"\x80\x04\xff\x00" * 5_000
_IN_BASE64 = base64.b64encode(_BINARY).decode()


@pytest.mark.parametrize(
    ("payload", "shown", "data", "is_text"),
    [
        (_JSON.encode(), _JSON, "sku A-1", True),
        (b"x" + "é".encode() * 9_000, "x" + "é" * 9_000, "xéé", True),
        (_BINARY, _IN_BASE64, "gAT/", False),
    ],
    ids=["json", "text", "bytes"],
)
def test_a_list_shows_the_beginning(postgres_url: str, payload: bytes, shown: str, data: str, *, is_text: bool) -> None:
    """A list shows how a long payload begins, as the opened job does, which has all of it; bytes that are no text say so."""
    capture = load_dump("pgqueuer", "pgqueuer", postgres_url)
    with psycopg.connect(postgres_url) as server:
        server.execute("update pgqueuer set payload = %s where id = 4", (payload,))
    backend = capture.open(1)
    (listed,) = (job for job in backend.inspector.page(PageRequest(limit=100), Limits()).jobs if job.ref.id == "4")
    assert listed.data is not None
    assert (listed.payload_whole, shown.startswith(listed.payload.raw)) == (False, True)
    assert len(listed.payload.raw) > 1_000
    assert shown.startswith(listed.data.raw)
    assert any("is read where the job is opened" in remark for remark in listed.remarks) != is_text
    opened = backend.inspector.get("4")
    assert opened.data is not None
    assert (opened.payload_whole, opened.payload.raw, opened.ref) == (True, shown, listed.ref)
    assert opened.data.raw.startswith(data)
    (result,) = backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(listed.ref)], Limits())
    assert result.outcome is Outcome.DONE
    capture.close()
