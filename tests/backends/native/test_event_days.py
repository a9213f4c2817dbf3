"""The log of events on PostgreSQL is kept by the day, and the record of acts is not kept for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.event import EventRequest
from tests.conformance.scenes import LIMITS, act_done, add_one
from tests.waiting import wait_until

TODAY = datetime.now(UTC)


@pytest.fixture
def backend(postgres_url: str) -> Iterator[SqlBackend]:
    """A backend on a fresh database."""
    opened = open_backend(postgres_url, BackendOptions(create=True))
    yield opened
    opened.close()


def days(backend: SqlBackend) -> list[str]:
    """Return the names of the partitions that are there."""
    return [row[0] for row in backend.database.read("looking", lambda session: session.rows("list_days"))]


def execute(backend: SqlBackend, statement: str) -> None:
    """Execute a statement by hand."""
    backend.database.write("setting the scene", lambda session: session.execute(statement, {}))


def name_of(day: datetime) -> str:
    """Return the name of a day's partition."""
    return f"queuetui_event_d{day:%Y%m%d}"


def count_in(backend: SqlBackend, table: str) -> int:
    """Return how many events stand in one partition."""
    query = f"select count(*) from {table}"
    return int(backend.database.read("counting", lambda session: session.execute(query, {}).fetchone())[0])


def test_a_fresh_queue_has_a_day_for_its_events(backend: SqlBackend) -> None:
    """Events go to the partition of their day from the first one on."""
    add_one(backend)
    assert name_of(TODAY + timedelta(days=1)) in days(backend)
    assert sum(count_in(backend, name) for name in days(backend)) == 1
    assert count_in(backend, "queuetui_event_rest") == 0


def test_old_days_are_dropped_whole(backend: SqlBackend) -> None:
    """A prune drops the days that are past their time and keeps the others."""
    old, young = TODAY - timedelta(days=9), TODAY - timedelta(days=5)
    for day in (old, young):
        bounds = f"from ('{day:%Y-%m-%d} 00:00:00+00') to ('{day + timedelta(days=1):%Y-%m-%d} 00:00:00+00')"
        execute(backend, f"create table {name_of(day)} partition of queuetui_event for values {bounds}")
    assert {name_of(old), name_of(young)} < set(days(backend))
    backend.jobs.prune(10)
    assert name_of(old) not in days(backend)
    assert name_of(young) in days(backend)


def test_a_day_that_was_not_made_does_not_bar_events(backend: SqlBackend) -> None:
    """Without a partition of their day events go to the rest, and no prune trips over them."""
    for name in days(backend):
        execute(backend, f"drop table {name}")
    job_id = add_one(backend)
    assert count_in(backend, "queuetui_event_rest") == 1
    backend.jobs.prune(10)
    assert name_of(TODAY) not in days(backend)
    assert len(backend.events.events(EventRequest(job_id=job_id)).events) == 1


def test_old_acts_are_forgotten(url: str) -> None:
    """The record of an act goes when its time is over, its rows first; until then it answers."""
    kept = open_backend(url, BackendOptions(create=True))
    job_id = add_one(kept)
    ref = kept.inspector.get(job_id).ref
    act = Act(Verb.CANCEL, "ana")
    assert kept.operator.apply(act, [Target(ref)], LIMITS)[0].outcome is Outcome.DONE
    kept.jobs.prune(10)
    assert kept.operator.apply(act, [Target(ref)], LIMITS)[0].outcome is Outcome.DONE
    brief = open_backend(url, BackendOptions(settings={"native.keep_acts": "0"}))
    wait_until(lambda: brief.jobs.prune(10) == 0)
    assert kept.operator.apply(act, [Target(ref)], LIMITS)[0].outcome is Outcome.SKIPPED
    act_done(kept, Verb.RETRY, job_id)
    brief.close()
    kept.close()
