"""Following the log of events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from queue import Queue
from threading import Thread
from uuid import uuid4

import pytest
from sqlalchemy import create_engine

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.event import EventRequest
from queuetui.monitor import follower as follower_file
from queuetui.monitor.follower import Follower
from tests.conformance.scenes import add, new_job

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


def test_what_was_left_out_of_too_large_a_burst_is_told(
    backend: NativeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are told, and that there were more; the next look is whole again."""
    monkeypatch.setattr(follower_file, "MOST_A_LOOK", 1_000)
    one = follow(backend, EventRequest(limit=10))
    begun = add(backend)
    assert (seen(one), one.is_cut) == (begun, False)
    sent = add(backend, BURST)
    assert (seen(one), one.is_cut) == (sent[-1_000:], True)
    assert (seen(one), one.is_cut) == ([], False)


def test_who_is_ended_waits_for_no_look(backend: NativeBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Following ends at once, however long it is to the next look."""
    monkeypatch.setattr(follower_file, "LOOK_EVERY_S", 3_600.0)
    one, told = follow(backend, EventRequest(limit=10)), Queue[str | None]()
    (begun,) = add(backend)

    def read() -> None:
        for new in one.follow():
            told.put(new[0].job_id)

    reader = Thread(target=read, daemon=True)
    reader.start()
    assert told.get(timeout=30) == begun
    one.end()
    reader.join(30)
    assert not reader.is_alive()


def test_what_is_committed_late_is_told_however_much_is_newer(
    migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An enqueue in a long transaction has the time of its beginning, and stands behind pages of what was told already."""
    monkeypatch.setattr(follower_file, "LOOK_BACK_EVERY_S", 0.0)
    engine = create_engine(migrated_postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with closing(open_native(migrated_postgres_url, BackendOptions())) as backend, engine.connect() as held:
        one = follow(backend, EventRequest(limit=10))
        assert seen(one) == []
        late = new_job()
        backend.jobs.enqueue([late], held)
        assert len(add(backend, BURST)) == len(seen(one))
        held.commit()
        assert seen(one) == [late.id]
    engine.dispose()
