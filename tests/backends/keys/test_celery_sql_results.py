"""Celery whose results are in a table of its database backend: broker and table are one queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    String,
    Table,
    Text,
    create_engine,
    select,
)

from queuetui.backends.backend import Backend
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import NotFound, Unreachable
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from tests.backends.captures import Capture, query, run_script
from tests.backends.rights.redis_users import load_keys
from tests.backends.rights.sql_users import statements_of

HEAD = "celery-task-meta-"
EXTENDED = ("name", "args", "kwargs", "worker", "retries", "queue")
ENDED = {"SUCCESS": State.COMPLETED, "FAILURE": State.FAILED, "REVOKED": State.CANCELLED}


def _table(*, extended: bool) -> Table:
    """Return the table as Celery 5.7 makes it."""
    columns: list[Column[Any]] = [
        Column("id", Integer, Sequence("task_id_sequence"), primary_key=True, autoincrement=True),
        *(Column(name, String(155), unique=name == "task_id") for name in ("task_id", "status")),
        *(Column(name, LargeBinary) for name in ("result", "children")),
        Column("date_done", DateTime),
        Column("traceback", Text),
    ]
    more: list[Column[Any]] = [
        *(Column(name, String(155)) for name in ("name", "worker", "queue")),
        *(Column(name, LargeBinary) for name in ("args", "kwargs")),
        Column("retries", Integer),
    ]
    return Table("celery_taskmeta", MetaData(), *columns, *(more if extended else ()))


def _row(task_id: str, meta: dict[str, Any], *, extended: bool) -> dict[str, Any]:
    done = meta["date_done"] and datetime.fromisoformat(meta["date_done"]).replace(tzinfo=None)
    packed: dict[str, Any] = {
        name: json.dumps(meta[name]).encode() for name in ("result", "args", "kwargs") if name in meta
    }
    row: dict[str, Any] = {**meta, **packed, "task_id": task_id, "date_done": done, "children": None}
    wanted = ("task_id", "status", "result", "date_done", "traceback", "children", *(EXTENDED if extended else ()))
    return {name: row.get(name) for name in wanted}


def _move_results(broker: str, database: str, *, extended: bool) -> None:
    """Put the results of a capture into a table."""
    engine = create_engine(
        database.replace("mysql://", "mysql+pymysql://").replace("postgresql://", "postgresql+psycopg://")
    )
    table = _table(extended=extended)
    table.metadata.create_all(engine)
    with redis.Redis.from_url(broker) as client, engine.begin() as connection:
        for key in client.keys(f"{HEAD}*"):
            task_id = key.decode().removeprefix(HEAD)
            connection.execute(table.insert().values(_row(task_id, json.loads(client.get(key)), extended=extended)))
            client.delete(key)
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def database(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def apart(redis_url: str, database: str) -> Iterator[Capture]:
    """The capture with its results in a table."""
    capture = load_keys("celery", "celery", redis_url)
    _move_results(redis_url, database, extended=True)
    found = Capture("celery", f"{redis_url}?beside={database}", capture.truth)
    yield found
    found.close()


def _jobs(backend: Backend, text: str = "") -> list[Job]:
    return list(backend.inspector.page(PageRequest(parse_query(text), 1000), Limits()).jobs)


def _act(backend: Backend, verb: Verb, job: Job) -> Any:
    return backend.operator.apply(Act(verb, "tester"), [Target(job.ref)], Limits())[0]


def test_what_ended_is_shown_as_its_truth_says(apart: Capture) -> None:
    """Failed and completed tasks have their queue, attempts, error and arguments; waiting ones come from the broker."""
    backend = apart.open(1)
    jobs = {job.ref.id: job for job in _jobs(backend)}
    for job_id, true in apart.stored.items():
        if true["state"] not in ("failed", "completed", "waiting"):
            continue
        job = jobs[job_id]
        assert (job.queue.raw, job.type.raw, job.attempts) == (true["queue"], true["name"], true["attempts"])
        assert (job.error.class_name.raw if job.error else None) == true.get("error_class")
        assert set(json.loads(job.payload.raw)) == {"args", "kwargs"}
        assert backend.inspector.get(job_id).state is job.state
    counts = backend.inspector.snapshot(Watch()).counts
    assert (counts[State.FAILED].value, counts[State.COMPLETED].value, counts[State.PENDING].value) == (2, 3, 6)


def test_a_retry_sends_the_message_and_deletes_the_row(apart: Capture, database: str) -> None:
    """The message stands in its queue, the row is gone, and a second retry of what was seen is passed over."""
    backend = apart.open(1)
    job = next(one for one in _jobs(backend, "state:failed") if one.queue.raw == "high")
    result = _act(backend, Verb.RETRY, job)
    assert (result.outcome, result.state_now) == (Outcome.DONE, State.PENDING)
    found = backend.inspector.get(job.ref.id)
    assert (found.state, found.queue.raw, found.ref.rev) == (State.PENDING, "high", result.rev_after)
    assert job.ref.id not in {one.ref.id for one in _jobs(backend, "state:failed")}
    assert _act(backend, Verb.RETRY, job).outcome is Outcome.SKIPPED


def test_a_cancel_leaves_the_row_that_a_worker_writes(apart: Capture, database: str) -> None:
    """The message is gone, the row says REVOKED with name and arguments; a task that moved on has no row."""
    backend = apart.open(1)
    job, other = _jobs(backend, "state:pending")[:2]
    result = _act(backend, Verb.CANCEL, job)
    assert (result.outcome, result.state_now) == (Outcome.DONE, State.CANCELLED), result
    found = backend.inspector.get(job.ref.id)
    assert (found.state, found.type, found.queue, found.ref.rev) == (
        State.CANCELLED, job.type, job.queue, result.rev_after,
    )  # fmt: skip
    assert json.loads(found.payload.raw)["args"] == json.loads(job.payload.raw)["args"]
    rows = f"select status, result, worker, retries from celery_taskmeta where task_id = '{job.ref.id}'"
    ((status, error, worker, retries),) = query(database, rows)
    assert (status, json.loads(bytes(error))["exc_type"], worker, retries) == ("REVOKED", "TaskRevokedError", None, 0)
    assert _act(backend, Verb.CANCEL, job).outcome is Outcome.SKIPPED
    with redis.Redis.from_url(apart.url.partition("?")[0]) as client:
        client.delete(other.queue.raw)
    assert _act(backend, Verb.CANCEL, other).outcome is Outcome.SKIPPED
    assert query(database, f"select 1 from celery_taskmeta where task_id = '{other.ref.id}'") == []


def test_a_result_is_deleted(apart: Capture) -> None:
    """Its row alone goes."""
    backend = apart.open(1)
    job = _jobs(backend, "state:completed")[0]
    assert _act(backend, Verb.DELETE, job).outcome is Outcome.DONE
    assert len(_jobs(backend, "state:completed")) == 2


def test_without_the_extended_columns_a_retry_is_refused(redis_url: str, sqlite_url: str) -> None:
    """State, error and time are shown, the job says what is not stored, and nothing is changed."""
    capture = load_keys("celery", "celery", redis_url)
    _move_results(redis_url, sqlite_url, extended=False)
    apart = Capture("celery", f"{redis_url}?beside={sqlite_url}", capture.truth)
    backend = apart.open(1)
    job = _jobs(backend, "state:failed")[0]
    assert (job.type.raw, job.error and job.error.class_name.raw) == ("?", "ValueError")
    assert any("result_extended" in remark for remark in job.remarks)
    result = _act(backend, Verb.RETRY, job)
    assert result.outcome is Outcome.SKIPPED
    assert "result_extended" in result.note
    apart.close()
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        assert len(connection.execute(select(_table(extended=False).c.id)).all()) == 9
    engine.dispose()


def test_a_database_without_the_table_is_told_of(redis_url: str, postgres_url: str) -> None:
    """What was looked for is named, and a server that does not answer is named too."""
    load_keys("celery", "celery", redis_url)
    with pytest.raises(
        NotFound,
        match=r"no table celery_taskmeta .*_taskresult was found in postgresql",
    ):
        Capture("celery", f"{redis_url}?beside={postgres_url}", {"captured_at": 1}).open()
    with pytest.raises(Unreachable, match=r"the database of the results, postgresql://127\.0\.0\.1:1"):
        Capture("celery", f"{redis_url}?beside=postgresql://127.0.0.1:1/x", {"captured_at": 1}).open()


_RESULTS = "django_celery_results_taskresult"
_DJANGO = f"""
create table {_RESULTS} (id integer primary key, task_id varchar(255) not null unique, status varchar(50) not null, result text,
  content_type varchar(128) not null default 'application/json', content_encoding varchar(64) not null default 'utf-8',
  date_done datetime not null, traceback text, meta text, task_args text, task_kwargs text, task_name varchar(255), worker varchar(100),
  date_created datetime not null default '2026-11-22 04:00:00', periodic_task_name varchar(255), date_started datetime);
create table django_celery_beat_periodictask (id integer primary key, name varchar(200) not null, task varchar(200) not null,
  args text not null, kwargs text not null, queue varchar(200), enabled bool not null, last_run_at datetime,
  date_changed datetime not null, interval_id integer);
create table django_celery_beat_intervalschedule (id integer primary key, every integer not null, period varchar(24) not null);
insert into django_celery_beat_intervalschedule values (1, 2, 'hours');
insert into django_celery_beat_periodictask values
  (1, 'clean', 'app.clean', '[]', '{{}}', 'mail', 1, '2026-11-22 04:00:00', '2026-11-22 03:00:00', 1);
insert into {_RESULTS} (task_id, status, result, date_done, task_args, task_kwargs, task_name, date_started) values
  ('HELD', 'STARTED', 'null', '2026-11-22 04:00:00', '"(1,)"', '"{{}}"', 'app.held', '2026-11-22 04:00:00'),
  ('lost', 'PROGRESS', '{{"done": 1}}', '2026-11-22 04:00:01', '"(1,)"', '"{{''a'': 2}}"', 'app.lost', '2026-11-22 04:00:00.5'),
  ('late', 'RETRY', 'null', '2026-11-22 04:00:00', '"()"', '"{{}}"', 'app.late', null),
  ('back', 'STARTED', 'null', '2026-11-22 04:00:00', '"()"', '"{{}}"', 'app.back', null),
  ('again', 'REVOKED', 'null', '2026-11-22 04:00:00', '"()"', '"{{}}"', 'app.again', null);
"""


def test_runs_that_django_celery_results_alone_tells_of_are_shown(redis_url: str, sqlite_url: str) -> None:
    """A run is shown once: where its message is held or was given back, else by its row; what is tried again is at the broker.

    The schedules of beat beside them are listed.
    """
    capture = load_keys("celery", "celery", redis_url)
    held = next(job_id for job_id, true in capture.stored.items() if true["state"] == "stuck")
    run_script(sqlite_url, _DJANGO.replace("HELD", held))
    with redis.Redis.from_url(redis_url) as client:
        for task_id in ("back", "again"):
            headers = {"id": task_id, "task": "app.back", "redelivered": True}
            client.lpush("high", json.dumps({"body": "W1tdLCB7fSwge31d", "headers": headers, "properties": {}}))
    backend = Capture("celery", f"{redis_url}?beside={sqlite_url}", capture.truth).open(1)
    jobs = [job for job in _jobs(backend) if job.type.raw.startswith("app.") or job.ref.id in (held, "late")]
    lost = [job for job in _jobs(backend) if job.ref.id == "lost"]
    assert [job.ref.id for job in jobs].count(held) == 1
    assert "late" not in [job.ref.id for job in jobs]
    assert sorted((job.ref.id, job.state) for job in jobs if job.ref.id in ("back", "again")) == [
        ("again", State.PENDING),
        ("back", State.PENDING),
    ]
    assert [(job.state, job.data, job.progress, job.started_at) for job in lost] == [
        (
            State.PROCESSING,
            Untrusted("1, 'a': 2"),
            Untrusted('{"done": 1}'),
            datetime(2026, 11, 22, 4, 0, 0, 500_000, UTC),
        )
    ]
    assert backend.schedules is not None
    (beat,) = backend.schedules.schedules().kept
    assert (beat.name, beat.queue, beat.timing, beat.next_at) == (
        "clean",
        "mail",
        "every 2 hours",
        datetime(2026, 11, 22, 6, tzinfo=UTC),
    )
    backend.close()


def test_the_rights_of_the_page_are_enough_and_no_more(redis_url: str, postgres_url: str) -> None:
    """Who may look sees all and is refused to retry and cancel, which change nothing; who may change does both."""
    capture = load_keys("celery", "celery", redis_url)
    _move_results(redis_url, postgres_url, extended=True)
    run_script(postgres_url, statements_of("celery.md"))
    parts = urlsplit(postgres_url)
    seen = {}
    for user in ("looker", "mender"):
        beside = parts._replace(netloc=f"{user}:SECRET@{parts.netloc.rpartition('@')[2]}").geturl()
        apart = Capture("celery", f"{redis_url}?beside={beside}", capture.truth)
        backend = apart.open(1)
        job = next(one for one in _jobs(backend, "state:failed") if one.queue.raw == "high")
        waiting = _jobs(backend, "state:pending")[0]
        cancelled = _act(backend, Verb.CANCEL, waiting)
        assert cancelled.outcome is (Outcome.DONE if user == "mender" else Outcome.FAILED), cancelled
        result = _act(backend, Verb.RETRY, job)
        seen[user] = (result.outcome, len(_jobs(backend, "state:failed")), len(_jobs(backend, "state:pending")))
        assert result.outcome is Outcome.DONE or "refused the right" in result.note, result.note
        apart.close()
        query(postgres_url, f"drop owned by {user} cascade; drop role {user}")
    assert seen == {"looker": (Outcome.FAILED, 2, 6), "mender": (Outcome.DONE, 1, 6)}
