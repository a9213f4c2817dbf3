"""What the data column shows of a call of RQ."""

from __future__ import annotations

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
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
