"""Arguments, results and errors of Oban that are longer than what a list reads of them."""

from __future__ import annotations

import json

import psycopg

from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from tests.backends.rights.sql_users import load_dump

_ARGS = {"sku": "A-1", "text": "é" * 9_000}
_TRACE = 'Traceback (most recent call last):\n  File "shop.py", line 1, in charge\nshop.CardDeclined: ' + "no " * 50_000


def test_a_list_shows_the_beginning(postgres_url: str) -> None:
    """A list shows how long arguments begin and the class of a long error; the opened job has all, and is retried."""
    capture = load_dump("oban", "oban", postgres_url)
    with psycopg.connect(postgres_url) as server:
        server.execute(
            "update oban_jobs set args = %s, meta = jsonb_build_object('recorded', true, 'return', repeat('A', 200000)), "
            "errors = jsonb_build_array(jsonb_build_object('attempt', 1, 'error', %s::text)) where id = 4",
            (json.dumps(_ARGS), _TRACE),
        )
    backend = capture.open(1)
    (listed,) = (job for job in backend.inspector.page(PageRequest(limit=100), Limits()).jobs if job.ref.id == "4")
    opened = backend.inspector.get("4")
    assert (listed.payload_whole, opened.payload_whole, listed.ref) == (False, True, opened.ref)
    assert json.loads(opened.payload.raw) == _ARGS
    assert opened.payload.raw.startswith(listed.payload.raw)
    assert listed.error is not None
    assert opened.error is not None
    assert (listed.error.class_name.raw, opened.error.class_name.raw) == ("CardDeclined", "CardDeclined")
    assert opened.error.message.raw == ("no " * 50_000).strip()
    assert listed.result is None
    assert opened.result is not None
    (result,) = backend.operator.apply(Act(Verb.RETRY, "tester"), [Target(listed.ref)], Limits())
    assert result.outcome is Outcome.DONE
    capture.close()
