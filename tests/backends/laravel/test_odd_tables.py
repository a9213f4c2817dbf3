"""Tables that an application changed: they are read, and an act that their definition refuses is told for that job alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queuetui.backends.base import iterate
from queuetui.model.act import NO_DEADLINE, RETRY_UNTIL, Act, Outcome, Target, Verb
from queuetui.model.errors import Conflict
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from tests.backends.captures import Capture, load_capture, query, run_script
from tests.backends.laravel.acts import choose, do

# SQLite adds no such column to a table that is there, so its table is made anew.
TENANT = {
    "sqlite": (
        "DELETE FROM jobs;\nALTER TABLE jobs RENAME TO old;\nCREATE TABLE jobs (id integer primary key, queue text not null, "
        "payload text not null, attempts integer not null, reserved_at integer, available_at integer not null, "
        "created_at integer not null, tenant integer not null);\nDROP TABLE old;\n"
    ),
    "postgres": "DELETE FROM public.jobs;\nALTER TABLE public.jobs ADD tenant integer NOT NULL;\n",
    "mysql": "DELETE FROM jobs;\nALTER TABLE jobs ADD tenant integer NOT NULL;\n",
}


def script_of(capture: Capture, scripts: dict[str, str]) -> str:
    """Return the script for the capture's kind of database."""
    return next(script for kind, script in scripts.items() if capture.url.startswith(kind))


def test_a_column_without_a_value_is_named_for_each_job(capture: Capture) -> None:
    """A retry into a table that wants one column more names it, moves nothing, and goes on with the other jobs."""
    run_script(capture.url, script_of(capture, TENANT))
    before = query(capture.url, "SELECT count(*) FROM failed_jobs")
    backend = capture.open()
    refs = [job.ref for job in iterate(backend.inspector, parse_query("state:failed"), Limits())][:2]
    results = backend.operator.apply(Act(Verb.RETRY, "tester"), list(map(Target, refs)), Limits())
    assert [result.outcome for result in results] == [Outcome.FAILED] * 2
    assert all("tenant" in result.note and "nothing was changed" in result.note for result in results)
    assert query(capture.url, "SELECT count(*) FROM failed_jobs") == before


# Rows of one uuid need a table without the index that forbids them.
TWICE = {
    "sqlite": (
        "CREATE TABLE copies AS SELECT * FROM failed_jobs;\nDROP TABLE failed_jobs;\nCREATE TABLE failed_jobs (id integer primary key, "
        "uuid text, connection text, queue text, payload text, exception text, failed_at datetime);\nINSERT INTO failed_jobs "
        "SELECT * FROM copies;\nINSERT INTO failed_jobs "
        "SELECT id + 100, uuid, connection, queue, payload, exception, failed_at FROM copies;\n"
    ),
    "postgres": (
        "ALTER TABLE public.failed_jobs DROP CONSTRAINT failed_jobs_uuid_unique;\nINSERT INTO public.failed_jobs (id, uuid, connection, "
        "queue, payload, exception, failed_at) "
        "SELECT id + 100, uuid, connection, queue, payload, exception, failed_at FROM public.failed_jobs;\n"
    ),
    "mysql": (
        "ALTER TABLE failed_jobs DROP KEY failed_jobs_uuid_unique;\nINSERT INTO failed_jobs (id, uuid, connection, "
        "queue, payload, exception, failed_at) SELECT id + 100, uuid, connection, queue, payload, exception, failed_at FROM failed_jobs;\n"
    ),
}


def test_failed_rows_of_one_uuid_are_told_apart(capture: Capture) -> None:
    """Each row is named by where it stands; the uuid names all of them and is no id to act on; an id acts on one row exactly."""
    uuid = choose(capture.open(), "state:failed queue:high").ref.id
    run_script(capture.url, script_of(capture, TWICE))
    backend = capture.open()
    both = [ref.id for ref in backend.inspector.find(uuid).refs]
    assert len(set(both)) == 2
    assert all(job_id.startswith("failed-") for job_id in both)
    with pytest.raises(Conflict) as told:
        backend.inspector.get(uuid)
    assert all(job_id in str(told.value) for job_id in both)
    listed = [job.ref.id for job in iterate(backend.inspector, parse_query("state:failed"), Limits())]
    assert len(set(listed)) == len(listed) == 6
    assert set(both) < set(listed)
    assert {choose(backend, f"id:{job_id}").ref.id for job_id in both} == set(both)
    assert do(backend, Verb.DELETE, capture.open().inspector.get(both[0]).ref).outcome is Outcome.DONE
    assert [ref.id for ref in backend.inspector.find(uuid).refs] == [uuid]
    assert len(list(iterate(backend.inspector, parse_query("state:failed"), Limits()))) == 5


@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_payloads_of_a_json_type_are_read_and_moved(postgres_url: str, kind: str) -> None:
    """PostgreSQL's json and jsonb columns are listed, found and retried as texts are; NULL is the default queue."""
    capture = load_capture("laravel", "laravel-db", "postgres", postgres_url)
    for name in ("jobs", "failed_jobs"):
        query(
            postgres_url,
            f"DELETE FROM public.{name} WHERE payload NOT LIKE '{{%}}' OR payload LIKE '%u0000%' RETURNING 1",
        )
        run_script(postgres_url, f"ALTER TABLE public.{name} ALTER payload TYPE {kind} USING payload::{kind}")
    run_script(postgres_url, "ALTER TABLE public.failed_jobs ALTER queue DROP NOT NULL")
    run_script(postgres_url, "UPDATE public.failed_jobs SET queue = NULL")
    backend = capture.open(after_s=60)
    failed = list(iterate(backend.inspector, parse_query("state:failed queue:default"), Limits()))
    assert failed
    assert {job.queue.raw for job in failed} == {"default"}
    assert not list(iterate(backend.inspector, parse_query("state:failed -queue:default"), Limits()))
    assert choose(backend, f"id:{failed[0].ref.id}").payload == failed[0].payload
    types = [job.type.raw for job in iterate(backend.inspector, parse_query("state:pending sort:type"), Limits())]
    assert types == sorted(types)
    ref = next(job.ref for job in failed if "is not this database" not in str(job.remarks))
    assert do(backend, Verb.RETRY, ref).outcome is Outcome.DONE
    capture.close()


# How a column of queues comes to take Mail and mail for one; SQLite's table is made anew.
ONE_CASE = {
    "sqlite": (
        "ALTER TABLE jobs RENAME TO old;\nCREATE TABLE jobs (id integer primary key, queue text not null collate nocase, "
        "payload text not null, attempts integer not null, reserved_at integer, available_at integer not null, "
        "created_at integer not null);\nINSERT INTO jobs SELECT * FROM old;\nDROP TABLE old;\n"
    ),
    "postgres": (
        "CREATE EXTENSION citext;\n"
        "ALTER TABLE public.jobs ALTER queue TYPE citext;\nALTER TABLE public.failed_jobs ALTER queue TYPE citext;\n"
    ),
    "mysql": "",
}


def test_queues_that_the_database_takes_for_one_are_shown_as_one(capture: Capture) -> None:
    """Mail and mail are one queue with the sum of their jobs where the collation says so, and filters find all that is counted."""
    run_script(capture.url, script_of(capture, ONE_CASE))
    schema = "public." if capture.url.startswith("postgres") else ""
    run_script(capture.url, f"UPDATE {schema}jobs SET queue = 'mail' WHERE queue = 'default'")
    run_script(
        capture.url,
        f"UPDATE {schema}jobs SET queue = 'Mail' WHERE id = (SELECT id FROM (SELECT max(id) id FROM {schema}jobs) a)",
    )
    run_script(capture.url, f"UPDATE {schema}failed_jobs SET queue = 'MAIL' WHERE queue = 'default'")
    backend = capture.open()
    queues = backend.inspector.snapshot(Watch(parts=frozenset({Part.QUEUES}))).queues
    (mail,) = [one for one in queues if one.name.raw.casefold() == "mail"]
    assert len(queues) == 2
    counted = sum(one.value or 0 for one in mail.counts.values())
    for text in ("queue:mail", "queue:MAIL", "queue:ma*"):
        assert len(list(iterate(backend.inspector, parse_query(text), Limits()))) == counted
    page = backend.inspector.page(PageRequest(parse_query("queue:mail"), limit=2), Limits())
    assert page.total.value == counted
    assert not [
        job
        for job in iterate(backend.inspector, parse_query("-queue:Mail"), Limits())
        if job.queue.raw.casefold() == "mail"
    ]


@pytest.mark.parametrize("kind", ["json", "jsonb", "text"])
def test_a_document_gets_another_deadline_and_is_known_by_its_head(postgres_url: str, kind: str) -> None:
    """A deadline is written into json and jsonb, also where jobs keeps another type; a long payload has its name on a page."""
    capture = load_capture("laravel", "laravel-db", "postgres", postgres_url)
    for table, stored in (("failed_jobs", "jsonb"), ("jobs", kind)):
        plain = f"replace(payload, '\\u0000', '')::{stored}"
        run_script(postgres_url, f"ALTER TABLE public.{table} ALTER payload TYPE {stored} USING {plain}")
    run_script(
        postgres_url,
        "UPDATE public.failed_jobs SET payload = jsonb_set(jsonb_set(payload, '{retryUntil}', '5'), '{data,command}', "
        'to_jsonb(\'O:1:"A":2:{s:3:"sku";s:3:"K-1";s:1:"b";s:9000:"\' || repeat(\'x\', 9000) || \'";}\'))',
    )
    backend = capture.open(after_s=60)
    job = choose(backend, "state:failed queue:high")
    assert job.type.raw == "App\\Jobs\\SlowReport"
    assert job.ref.id in capture.stored
    assert job.data is not None
    assert job.data.raw == "sku K-1"
    (result,) = backend.operator.apply(
        Act(Verb.RETRY, "tester", args={RETRY_UNTIL: NO_DEADLINE}), [Target(job.ref)], Limits()
    )
    assert result.outcome is Outcome.DONE, result.note
    again = choose(backend, f"id:{job.ref.id}")
    assert again.expired_at is None
    assert again.type.raw == "App\\Jobs\\SlowReport"
    capture.close()


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(seconds=-2), ""),
        (timedelta(seconds=30), ""),
        (timedelta(hours=1, seconds=-2), "1:00 h"),
        (timedelta(hours=5, minutes=44), "5:45 h"),
        (timedelta(hours=1, seconds=30), "1:00 h"),
        (timedelta(hours=27), "server's clock"),
    ],
)
def test_a_failure_in_the_future_tells_of_the_time_zone(sqlite_url: str, ahead: timedelta, said: str) -> None:
    """A failed_at ahead of the server's clock says by how much the application's time is ahead, and what to set, once.

    No zones are so far from each other as the last one says, so it names no cause.
    """
    capture = load_capture("laravel", "laravel-db", "sqlite", sqlite_url)
    at = (capture.captured_at + ahead).strftime("%Y-%m-%d %H:%M:%S")
    query(sqlite_url, "DELETE FROM failed_jobs WHERE id > (SELECT min(id) FROM failed_jobs)")
    query(sqlite_url, f"UPDATE failed_jobs SET failed_at = '{at}'")
    remarks = " ".join(choose(capture.open(), "state:failed").remarks)
    capture.close()
    assert ("lies in the future" in remarks) is bool(said)
    assert said in remarks
    assert ("time is ahead by" in remarks) is said.endswith(" h")
    assert remarks.count("laravel.timezone") == 1


@pytest.mark.parametrize(("column", "shifted"), [("timestamp", 0), ("datetime", 1)])
def test_a_server_in_the_applications_zone_shifts_once(mysql_url: str, column: str, shifted: int) -> None:
    """On a MySQL server at +01:00 a TIMESTAMP is UTC already, and a DATETIME is what the application wrote."""
    capture = load_capture("laravel", "laravel-db", "mariadb", mysql_url)
    run_script(mysql_url, f"ALTER TABLE failed_jobs MODIFY failed_at {column} NOT NULL")
    as_utc = choose(capture.open(), "state:failed").completed_at
    query(mysql_url, "SET GLOBAL time_zone = '+01:00'")
    try:
        as_written = choose(capture.open(timezone="Etc/GMT-1"), "state:failed").completed_at
    finally:
        query(mysql_url, "SET GLOBAL time_zone = 'SYSTEM'")
        capture.close()
    assert as_utc is not None
    assert as_written == as_utc - timedelta(hours=shifted)
