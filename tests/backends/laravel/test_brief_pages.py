"""Jobs of which only the identity is asked for, as for an act on all that match a filter."""

from __future__ import annotations

import pytest

from queuetui.backends import search
from queuetui.backends.base import iterate
from queuetui.backends.search import Search
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from tests.backends.captures import Capture


def test_many_jobs_are_found_without_their_payloads(read_capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an act on many, jobs behind the first page are the same as ever, without what is in their commands."""
    backend = read_capture.open().inspector
    told: list[int] = []
    whole = list(iterate(backend, parse_query(""), Limits()))
    monkeypatch.setattr(search, "PAGE_JOBS", 5)
    found = Search(backend, parse_query(""), Limits(), brief=True, tell=lambda so_far: told.append(so_far.found))
    brief = list(found.jobs(1_000))
    assert [(job.ref, job.type, job.state, job.expired_at) for job in brief] == [
        (job.ref, job.type, job.state, job.expired_at) for job in whole
    ]
    assert brief[:5] == whole[:5]
    assert {job.data for job in brief[5:]} == {None}
    assert told == [*range(5, len(whole), 5)]
    searched = list(Search(backend, parse_query('payload~"Jobs"'), Limits(), brief=True, whole=True).jobs(1_000))
    assert [job.ref for job in searched] == [
        job.ref for job in iterate(backend, parse_query('payload~"Jobs"'), Limits())
    ]
