"""Ids are looked for in batches, and a search goes on where another one ended."""

from __future__ import annotations

import pytest

from queuetui.backends.base import iterate
from queuetui.backends.payloads.laravel_payload import is_uuid
from queuetui.backends.tables import streams
from queuetui.model.limits import Limits
from queuetui.model.query import Query
from tests.backends.captures import Capture


@pytest.mark.parametrize("end", [slice(None), slice(-8, None)])
def test_a_search_for_an_id_goes_on_where_the_last_one_ended(
    capture: Capture, monkeypatch: pytest.MonkeyPatch, end: slice
) -> None:
    """However short a look is, look after look comes to the oldest row of either table, and each says how far."""
    monkeypatch.setattr(streams, "DIRECT_S", 0.0)
    monkeypatch.setattr(streams, "WINDOWS_S", 0.0)
    monkeypatch.setattr(streams, "WINDOW_ROWS", 1)
    backend = capture.open()
    for job_id in (job.ref.id for job in iterate(backend.inspector, Query(), Limits()) if is_uuid(job.ref.id)):
        search, looks = backend.inspector.find(job_id[end]), 1
        while not search.refs:
            assert search.reached is not None
            assert search.looked > 0
            search, looks = backend.inspector.find(job_id[end], after=search.reached), looks + 1
            assert looks < 1_000
        assert job_id in [ref.id for ref in search.refs]
