"""What is shown of a call of RQ, and of how often it may run."""

from __future__ import annotations

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
