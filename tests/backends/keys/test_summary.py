"""What is shown of a call of RQ, and of how often it may run."""

from __future__ import annotations

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from tests.backends.captures import Capture


def test_a_call_is_told_apart_by_its_arguments(rq_capture: Capture) -> None:
    """Not the function, which stands in the type already, but what it is called with; a configured path leads into the call."""
    backend = open_backend(rq_capture.url, BackendOptions())
    shown = {job.data.raw for job in backend.inspector.page(PageRequest(), Limits()).jobs if job.data is not None}
    assert len(shown) > 3
    assert not any("qt_tasks" in text or text.startswith("{") for text in shown)
    backend.close()
    chosen = open_backend(rq_capture.url, BackendOptions(summaries={"qt_tasks.*": ["args.0"]}))
    told = {job.data.raw for job in chosen.inspector.page(PageRequest(), Limits()).jobs if job.data is not None}
    assert any(text.startswith("0 ") for text in told)
    chosen.close()


def test_the_run_that_a_job_waits_for_is_one_of_those_it_may_have(rq_capture: Capture) -> None:
    """Of three retries after a first run the first is due: the second run of four; one that gave up has had all."""
    backend = open_backend(rq_capture.url, BackendOptions())
    (waits,) = backend.inspector.page(PageRequest(parse_query("state:retrying")), Limits()).jobs
    (gave_up,) = backend.inspector.page(PageRequest(parse_query("state:failed attempts>1")), Limits()).jobs
    assert (waits.attempts, waits.max_attempts, gave_up.max_attempts) == (1, 4, gave_up.attempts)
    backend.close()


def test_a_whole_id_is_found_behind_any_number_of_others(rq_capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the id tells the key of a job, no other is looked through for it."""
    monkeypatch.setattr("queuetui.backends.keys.lookup.LOOKED_ENTRIES", 1)
    backend = open_backend(rq_capture.url, BackendOptions())
    job = backend.inspector.page(PageRequest(parse_query("state:pending")), Limits()).jobs[0]
    assert backend.inspector.find(job.ref.id).refs == (job.ref,)
    assert backend.inspector.find(job.ref.id[1:]).refs == ()
    backend.close()
