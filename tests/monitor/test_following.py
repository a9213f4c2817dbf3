"""Following the log of events."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.event import EventRequest
from queuetui.monitor.follower import Follower
from tests.conformance.scenes import add

BURST = 2_005


@pytest.fixture
def backend() -> Iterator[NativeBackend]:
    """A backend on an empty store."""
    opened = open_native(f"memory://{uuid4().hex}", BackendOptions(kind=NATIVE, create=True))
    yield opened
    opened.close()


def follow(backend: NativeBackend, request: EventRequest) -> Follower:
    """Return a follower of the log."""
    return Follower(backend.events, request)


def seen(follower: Follower) -> list[str | None]:
    """Return the jobs of the events that are new."""
    return [event.job_id for event in follower.look()]


def test_more_events_than_fit_a_page_are_all_told(backend: NativeBackend) -> None:
    """Of a burst between two looks every event is told, once and in order, also by one who saw nothing before."""
    one, other = follow(backend, EventRequest(limit=10)), follow(backend, EventRequest(limit=10))
    assert seen(one) == []
    begun = add(backend)
    assert seen(other) == begun
    sent = add(backend, BURST)
    assert seen(one) == begun + sent
    assert seen(other) == sent
    assert seen(one) == []


def test_what_was_there_before_is_not_told_as_new(backend: NativeBackend) -> None:
    """The first look shows the newest so many, and the next one nothing of what stood behind them."""
    sent = add(backend, 30)
    follower = follow(backend, EventRequest(limit=10))
    assert seen(follower) == sent[-10:]
    assert seen(follower) == []
    assert seen(follower) == []
