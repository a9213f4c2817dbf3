"""Tables of Solid Queue, GoodJob and River as other versions make them: all is read as those versions mean it, and nothing is changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import FIXTURES, Capture, query_each, run_script

AWAY = "alter table {} drop column {}"
# GoodJob 4.0 to 4.14 have no types of locks, 3.99 tells by is_discrete which rows are whole jobs, 3.15 has no traces and no holders.
NO_TYPES = AWAY.format("good_jobs", "lock_type")
EARLY_RUNS = "alter table good_job_executions drop column error_backtrace, drop column process_id, drop column duration"
EARLY_JOBS = (
    "alter table good_jobs drop column lock_type, drop column locked_by_id, drop column locked_at, drop column labels"
)
NO_RUNS = "drop table good_job_executions"
ROWS_ALONE = (
    "alter table good_jobs drop column executions_count, drop column job_class, drop column error_event, drop column is_discrete, "
    "drop column batch_id, drop column batch_callback_id"
)
# Ids of another type, which an application may have made its tables with.
UUIDS = """do $$ declare one record; begin
for one in select conrelid::regclass as place, conname from pg_constraint where contype = 'f' loop
  execute format('alter table %s drop constraint %I', one.place, one.conname); end loop;
for one in select table_name, column_name from information_schema.columns where table_name like 'solid%' and column_default is not null
  and column_name = 'id' loop execute format('alter table %I alter column id drop default', one.table_name); end loop;
for one in select table_name, column_name from information_schema.columns where table_name like 'solid%'
  and (column_name = 'job_id' or (table_name, column_name) = ('solid_queue_jobs', 'id')) loop
  execute format('alter table %I alter column %I type uuid using lpad(%I::text, 32, ''0'')::uuid',
    one.table_name, one.column_name, one.column_name);
end loop; end $$"""
BATCHES = (
    "create table solid_queue_batches (id bigint primary key)",
    "alter table solid_queue_jobs add column batch_id bigint",
)
POSTGRES, MARIADB, SQLITE, GOOD_JOB, RIVER = (
    ("solid-queue", "postgres"),
    ("solid-queue", "mariadb"),
    ("solid-queue", "sqlite"),
    ("good-job", "postgres"),
    ("river", "postgres"),
)
LAYOUTS: tuple[tuple[tuple[str, str], tuple[str, ...], str], ...] = (
    (POSTGRES, BATCHES, "after 1.5"),
    (MARIADB, BATCHES[:1], "after 1.5"),
    (SQLITE, BATCHES[1:], "after 1.5"),
    (POSTGRES, (AWAY.format("solid_queue_processes", "name"),), "before 0.8"),
    (POSTGRES, ("drop table solid_queue_recurring_executions, solid_queue_recurring_tasks",), "before 0.8"),
    (POSTGRES, (UUIDS,), "no whole numbers"),
    (GOOD_JOB, (NO_TYPES,), "before 4.15"),
    (GOOD_JOB, (EARLY_JOBS, EARLY_RUNS), "before 4.15"),
    (GOOD_JOB, (EARLY_JOBS, NO_RUNS, ROWS_ALONE), "before 4.15"),
    (GOOD_JOB, ("create table good_job_concurrency_claims (id uuid primary key)",), "after 4.19"),
    (GOOD_JOB, (AWAY.format("good_jobs", "cron_at"),), "before 4.15"),
    (RIVER, (AWAY.format("river_queue", "paused_at"),), "migrations 6 and 7"),
    (RIVER, ("drop table river_queue", "alter table river_job drop column unique_states"), "migrations 6 and 7"),
)
URLS = {"postgres": "postgres_url", "mariadb": "mysql_url", "sqlite": "sqlite_url"}


@pytest.fixture
def capture(request: pytest.FixtureRequest) -> Iterator[Capture]:
    """The capture of a product on a store, in an empty database."""
    kind, store = request.param
    url = request.getfixturevalue(URLS[store])
    run_script(url, (FIXTURES / kind / f"dump.{store}.sql").read_text(encoding="utf-8"))
    (true,) = (
        one for one in (FIXTURES / kind).glob("truth*.json") if one.name in (f"truth.{store}.json", "truth.json")
    )
    found = Capture(kind, url, json.loads(true.read_text(encoding="utf-8")))
    yield found
    found.close()


@pytest.mark.parametrize(("capture", "changes", "why"), LAYOUTS, indirect=["capture"])
def test_another_layout_is_read_and_left(capture: Capture, changes: tuple[str, ...], why: str) -> None:
    """Each job is in its state with its error, is found and opened, the polls have no problem, and every verb says why there is none."""
    expected = [_told(job) for job in _list(capture.open(1))]
    query_each(capture.url, changes)
    backend = capture.open(1)
    assert [one.kind for one in discover(capture.url, BackendOptions())] == [capture.kind]
    jobs = _list(backend)
    assert sorted(map(str, map(_told, jobs))) == sorted(map(str, expected))
    assert backend.inspector.snapshot(Watch()).problems == {}
    assert backend.inspector.view(jobs[0].ref.id, 0).job == backend.inspector.get(jobs[0].ref.id)
    capabilities = backend.inspector.capabilities
    assert capabilities.verbs == frozenset()
    assert all(why in str(capabilities.why_not(verb)) for verb in (Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.PAUSE))


# GoodJob 2: each try is a row, and the last one is the job.
TRIES = """
update good_jobs set active_job_id = gen_random_uuid() where id = active_job_id and id in (select id from good_jobs order by id limit 2);
insert into good_jobs (id, active_job_id, queue_name, priority, serialized_params, created_at, updated_at, scheduled_at, performed_at,
  finished_at, error, retried_good_job_id)
select gen_random_uuid(), '00000000-0000-4000-8000-000000000001', 'mail', 0,
  jsonb_build_object('job_class', 'Old', 'arguments', '[]'::jsonb,
  'executions', n), now(), now(), now(), case when n < 2 then now() end, case when n < 2 then now() end,
  case when n < 2 then 'Net::OpenTimeout: no answer: again' end, case when n < 2 then gen_random_uuid() end from generate_series(0, 2) n;
update good_jobs set error = 'GoodJob::ActiveJobJob::DiscardJobError: not wanted' where error like 'GoodJob::Job::DiscardJobError%';
update good_job_processes set state = jsonb_set(state, '{schedulers}',
  (select jsonb_agg(one -> 'name') from jsonb_array_elements(state -> 'schedulers') one))
"""


@pytest.mark.parametrize("capture", [GOOD_JOB], indirect=True)
def test_the_tries_of_a_job_that_are_rows_are_one_job(capture: Capture) -> None:
    """Before GoodJob 4 what was tried again is no failure: the row that goes on is the job, by the id that ActiveJob gave it.

    Of its processes the names of their schedulers tell the queues and threads, and nothing tells which jobs they run.
    """
    before = Counter(job.state for job in _list(capture.open(1)))
    query_each(capture.url, (EARLY_JOBS, NO_RUNS, AWAY.format("good_jobs", "executions_count"), *TRIES.split(";")))
    backend = capture.open(1)
    assert Counter(job.state for job in _list(backend)) == before + Counter([State.RETRYING])
    job = backend.inspector.get("00000000-0000-4000-8000-000000000001")
    assert (job.type.raw, job.state, job.attempts, job.error) == ("Old", State.RETRYING, 2, None)
    workers = backend.inspector.snapshot(Watch()).workers or ()
    told = {(*(queue.raw for queue in one.queues), one.slots, one.busy) for one in workers}
    assert told == {("reports", 2, None), ("skipped", 1, None)}


@pytest.mark.parametrize("capture", [GOOD_JOB], indirect=True)
def test_a_run_that_goes_on_has_no_error_yet(capture: Capture) -> None:
    """GoodJob keeps what an earlier run raised in the row until the one that goes on has ended."""
    query_each(
        capture.url,
        ["update good_jobs set error = 'KeyError: x' where performed_at is not null and finished_at is null"],
    )
    jobs = [job for job in _list(capture.open(1)) if job.state is State.PROCESSING]
    assert jobs
    assert [job.error for job in jobs] == [None] * len(jobs)


@pytest.mark.parametrize("capture", [POSTGRES, MARIADB, SQLITE], indirect=True)
def test_what_was_retried_by_hand_or_ended_late_says_so(capture: Capture) -> None:
    """Solid Queue forgets how often a job ran that a person retries; one that failed as lost and ended well is listed once, as ended."""
    late = "2030-01-01 00:00:00"
    query_each(
        capture.url,
        [
            f"update solid_queue_jobs set updated_at = '{late}' where id = 3",
            f"update solid_queue_jobs set finished_at = '{late}', updated_at = '{late}' where id = 12",
        ],
    )
    jobs = {job.ref.id: job for job in _list(capture.open(1))}
    assert len(jobs) == len(_list(capture.open(1)))
    forgotten = {
        one for one, job in jobs.items() if any("earlier runs are not counted" in said for said in job.remarks)
    }
    assert (jobs["3"].state, forgotten) == (State.FAILED, {"3"})
    assert (jobs["12"].state, capture.open(1).inspector.get("12").state) == (State.COMPLETED, State.COMPLETED)


def _list(backend: Backend) -> list[Job]:
    return list(backend.inspector.page(PageRequest(limit=1000), Limits()).jobs)


def _told(job: Job) -> tuple[object, ...]:
    return (
        job.state,
        job.queue,
        job.type,
        job.attempts,
        job.error and job.error.class_name,
        job.created_at,
        job.priority,
    )
