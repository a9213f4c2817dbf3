"""A page of what happened, read beside a picture."""

from __future__ import annotations

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.event import EventKind, EventRequest
from queuetui.model.job import NewJob
from queuetui.model.limits import Limits
from queuetui.model.snapshot import Watch
from queuetui.monitor.feed import EVENTS, Feed

JOBS = [NewJob(f"0195a3f0-9c00-7000-8000-{number:012x}", "Send", b"{}", queue="mail") for number in range(5)]


def test_a_poll_reads_the_events_that_are_watched() -> None:
    """The newest page stands in the picture, bounded as asked; without the wish nothing is read."""
    backend = MemoryBackend(MemoryStore(), BackendOptions())
    backend.jobs.enqueue(JOBS)
    feed = Feed(backend, Limits())
    page = feed.poll(Watch(events=EventRequest(queue="mail", limit=3))).events
    assert page is not None
    assert [event.kind for event in page.events] == [EventKind.JOB_CREATED] * 3
    assert page.has_more
    assert feed.poll(Watch()).events is None


def test_events_that_cannot_be_read_leave_the_picture_whole() -> None:
    """A cursor that is none is a problem of its own part; the counts are there all the same."""
    backend = MemoryBackend(MemoryStore(), BackendOptions())
    backend.jobs.enqueue(JOBS)
    picture = Feed(backend, Limits()).poll(Watch(events=EventRequest(before="nonsense")))
    assert picture.events is None
    assert "start from the newest event" in picture.problems[EVENTS]
    assert picture.snapshot.total.value == len(JOBS)
