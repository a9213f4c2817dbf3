"""The events of one correlation id, on the SQL stores: of its newest jobs, and said so where there are more."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from sqlalchemy import text

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look.event_pages import MOST_RELATED, read_events
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.event import EventRequest
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from tests.backends.native.seeds import Seed
from tests.backends.native.test_inspect_plans import explained
from tests.conformance.scenes import add, new_job


@pytest.mark.parametrize("url", ["sqlite_url", "postgres_url", "mysql_url"])
def test_a_correlation_of_very_many_jobs_says_how_far_it_is_looked_at(url: str, request: pytest.FixtureRequest) -> None:
    """The note comes with the first job more than are looked at, and not before."""
    backend = open_native(request.getfixturevalue(url), BackendOptions(name="shop", kind=NATIVE, create=True))
    asked = EventRequest(correlation_id="order-7", limit=2 * MOST_RELATED)
    add(backend, MOST_RELATED, correlation_id="order-7")
    page = backend.events.events(asked)
    assert (len(page.events), page.notes) == (MOST_RELATED, ())
    add(backend, 1, correlation_id="order-7")
    page = backend.events.events(asked)
    assert (len(page.events), len(page.notes)) == (MOST_RELATED, 1)
    backend.close()


@pytest.mark.parametrize("url", ["sqlite_url", "postgres_url", "mysql_url"])
def test_another_spelling_of_an_own_id_is_told_as_it_was_given(url: str, request: pytest.FixtureRequest) -> None:
    """A correlation id that is the job's own id without its hyphens, or in capitals, is a name like any other."""
    backend = open_native(request.getfixturevalue(url), BackendOptions(name="shop", kind=NATIVE, create=True))
    for spell in (lambda one: one.replace("-", ""), str.upper):
        job = new_job()
        spelled = spell(job.id)
        backend.jobs.enqueue([job._replace(correlation_id=spelled)])
        (told,) = backend.events.events(EventRequest(correlation_id=spelled)).events
        assert (told.job_id, told.correlation_id) == (job.id, Untrusted(spelled))
        assert backend.events.events(EventRequest(correlation_id=job.id)).events == ()
    backend.close()


EVENTS = {
    "sqlite": "insert into queuetui_event (at, kind, queue, job_id, correlation_id)"
    " select 1, 0, 'q', id, case when number % 2 = 0 then 'c' || number end"
    " from (select id, row_number() over () as number from queuetui_job)",
    "postgresql": "insert into queuetui_event (at, kind, queue, job_id, correlation_id)"
    " select clock_timestamp(), 0, 'q', id, case when number % 2 = 0 then 'c' || number end"
    " from (select id, row_number() over () as number from queuetui_job) as numbered",
    "mysql": "insert into queuetui_event (at, kind, queue, job_id, correlation_id)"
    " select 1, 0, 'q', id, case when mod(number, 2) = 0 then concat('c', number) end"
    " from (select id, row_number() over () as number from queuetui_job) as numbered",
}
WHOLE = re.compile(r"SCAN queuetui_event|Seq Scan on queuetui_event|queuetui_event ALL ")


def test_the_events_of_a_correlation_are_looked_up(database: Database, seed: Seed) -> None:
    """Neither the jobs of a correlation nor the one that bears its own id are looked for in the whole log."""
    seed.jobs(*({"state": State.PENDING} for _ in range(6000)))
    with database.writing("filling") as connection:
        connection.execute(text(EVENTS[database.dialect]))
        connection.execute(text("analyze table queuetui_event" if database.dialect == "mysql" else "analyze"))
    for correlation_id in ("c8", str(UUID(int=7))):
        with explained(database, "queuetui_event") as plans:
            read_events(database, EventRequest(correlation_id=correlation_id))
        assert plans
        assert [plan for _, plan in plans if WHOLE.search(plan)] == []
        assert database.dialect == "mysql" or all("queuetui_event" in plan and "corr" in plan for _, plan in plans)
