"""The tables of Procrastinate before version 3, whose locks and requests to abort mean other things than those of now."""

from __future__ import annotations

import psycopg
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Target, Verb
from queuetui.model.errors import Unsupported
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State

_TABLES = """
create type procrastinate_job_status as enum ({statuses});
create type procrastinate_job_event_type as enum ({types});
create table procrastinate_jobs (
  id bigserial primary key, queue_name varchar(128) not null, task_name varchar(128) not null, priority integer not null default 0,
  lock text, queueing_lock text, args jsonb not null default '{{}}', status procrastinate_job_status not null default 'todo',
  scheduled_at timestamptz, attempts integer not null default 0);
create table procrastinate_events (
  id bigserial primary key, job_id bigint not null, type procrastinate_job_event_type, at timestamptz default now());
insert into procrastinate_jobs (queue_name, task_name, priority, lock, status) values
  ('q', 'first', 0, 'A', 'todo'), ('q', 'urgent', 9, 'A', 'todo'), ('q', 'done', 0, 'B', 'succeeded'), ('q', 'next', 0, 'B', 'todo'),
  ('q', 'runs', 0, 'C', 'doing'), ('q', 'waits', 0, 'C', 'todo'), ('q', 'held', 0, 'D', 'todo');
insert into procrastinate_events (job_id, type) select id, 'deferred' from procrastinate_jobs;
insert into procrastinate_events (job_id, type) select id, 'started' from procrastinate_jobs where status <> 'todo';
"""
# A run of version 2.6 to 2.15 that is asked to abort.
_ABORTING = """
insert into procrastinate_jobs (id, queue_name, task_name, lock, status) values (0, 'q', 'aborts', 'D', 'aborting');
insert into procrastinate_events (job_id, type) values (0, 'deferred'), (0, 'started'), (0, 'abort_requested');
"""
_FIRST = (
    "'todo', 'doing', 'succeeded', 'failed'",
    "'deferred', 'started', 'deferred_for_retry', 'failed', 'succeeded', 'scheduled'",
)
_LAST = (f"{_FIRST[0]}, 'cancelled', 'aborting', 'aborted'", f"{_FIRST[1]}, 'cancelled', 'abort_requested', 'aborted'")


@pytest.mark.parametrize(
    ("labels", "more", "states"),
    [
        (_FIRST, "", {"7": State.PENDING}),
        (_LAST, _ABORTING, {"7": State.BLOCKED, "0": State.PROCESSING}),
    ],
    ids=["2.0", "2.15"],
)
def test_a_lock_goes_to_the_first(
    postgres_url: str, labels: tuple[str, str], more: str, states: dict[str, State]
) -> None:
    """Before 3.3 no priority jumps the queue for a lock, and a run that is asked to abort holds its own; it is only read."""
    with psycopg.connect(postgres_url) as server:
        server.execute((_TABLES.format(statuses=labels[0], types=labels[1]) + more).encode())
    backend = open_backend(postgres_url, BackendOptions(kind="procrastinate"))
    jobs = {job.ref.id: job for job in backend.inspector.page(PageRequest(), Limits()).jobs}
    expected = {"1": State.PENDING, "2": State.BLOCKED, "3": State.COMPLETED, "4": State.PENDING, "5": State.PROCESSING}
    assert {job_id: job.state for job_id, job in jobs.items()} == {**expected, "6": State.BLOCKED, **states}
    waits_for = {job_id: [one.raw for one in job.waits_for] for job_id, job in jobs.items() if job.waits_for}
    assert waits_for == {"2": ["1"], "6": ["5"], **({"7": ["0"]} if more else {})}
    asked = backend.inspector.page(PageRequest(parse_query("is:cancelling")), Limits()).jobs
    assert [job.ref.id for job in asked] == (["0"] if more else [])
    assert all(job.cancel_requested_at is not None for job in asked)
    with pytest.raises(Unsupported, match="Procrastinate 3"):
        backend.operator.apply(Act(Verb.CANCEL, "tester"), [Target(jobs["1"].ref)], Limits())
    backend.close()
