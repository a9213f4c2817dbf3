"""Looking a store over from the command line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest

from queuetui import __version__
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.model.job import Ending, NewJob, Settlement
from queuetui.model.job_id import new_job_id
from queuetui.model.worker import WorkerCard
from queuetui.monitor.checks import fleet, tables
from tests.cli.conftest import Invoke
from tests.cli.scenes import Scene
from tests.servers.process import free_port

URL_PASSWORD = "s3cret"


def test_a_healthy_store_has_nothing_to_say(sqlite_url: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line a check, each of them ok with what was read, and exit 0."""
    monkeypatch.setattr(fleet, "SLOW_S", 60.0)
    monkeypatch.setattr(tables, "LITTLE_ROOM", 0.0)
    open_native(sqlite_url, BackendOptions(create=True)).close()
    answer = invoke("doctor", "--url", sqlite_url)
    assert answer.code == 0, answer
    lines = [line.split() for line in answer.out.splitlines()]
    assert [line[0] for line in lines] == ["ok"] * len(lines)
    assert [line[1] for line in lines] == [
        *("reachable", "server", "schema", "protocol", "rights", "indexes", "foreign_keys", "durability"),
        *("vacuum", "disk", "clock", "workers", "leases", "due", "handlers", "stuck"),
    ]
    assert "grade A, synchronous full, journal_mode wal" in answer.out


def test_the_forms_say_the_same(scene: Scene) -> None:
    """JSON, NDJSON and CSV hold a row a check with the same keys, and the exit code goes with the worst level."""
    answer = scene.run("doctor", "--json")
    rows = answer.data
    assert all(row.keys() == {"backend", "check", "level", "summary", "evidence", "next"} for row in rows)
    levels = {row["level"] for row in rows}
    assert answer.code == (2 if "critical" in levels else 1 if "warning" in levels else 0)
    lines = scene.run("doctor", "--format", "ndjson").out.splitlines()
    assert len(lines) == len(rows)
    checks = [row["check"] for row in scene.run("doctor", "--format", "csv").rows]
    assert checks == [row["check"] for row in rows]


def test_a_lossy_server_is_critical(postgres_url: str, invoke: Invoke) -> None:
    """The settings that made the grade are told with what to set; the server of these tests flushes nothing."""
    open_native(postgres_url, BackendOptions(create=True)).close()
    with psycopg.connect(postgres_url) as connection:
        row = connection.execute("select current_setting('fsync')").fetchone()
    answer = invoke("doctor", "--url", postgres_url, "--json")
    (told,) = (one for one in answer.data if one["check"] == "durability")
    assert row is not None
    assert told["evidence"]["fsync"] == row[0]
    assert (told["level"], answer.code) == (("critical", 2) if row[0] == "off" else ("ok", 0))


def test_a_worker_of_another_version_is_a_warning(sqlite_url: str, invoke: Invoke) -> None:
    """The exit code is 1, and below the line stands what to do."""
    backend = open_native(sqlite_url, BackendOptions(create=True))
    backend.jobs.register(WorkerCard("w1", "web-1", 4411, "0.0.1", (), 2))
    backend.close()
    answer = invoke("doctor", "--url", sqlite_url)
    assert answer.code == 1, answer
    assert "web-1/4411 0.0.1" in answer.out
    assert "next: restart them on the same version" in answer.out


def test_due_jobs_without_a_worker_are_not_well(sqlite_url: str, invoke: Invoke) -> None:
    """A queue whose job is due and to which nobody listens is named with the worker to start; exit 1, and 2 once it is stuck."""
    backend = open_native(sqlite_url, BackendOptions(create=True))
    backend.jobs.enqueue([NewJob(new_job_id(), "Send", b"{}", queue="email")])
    answer = invoke("doctor", "--url", sqlite_url, "--json")
    (told,) = (one for one in answer.data if one["check"] == "due")
    assert (answer.code, told["level"]) == (1, "warning")
    assert "jobs of email are due" in told["summary"]
    assert "queuetui worker" in told["next"]
    backend.jobs.register(WorkerCard("w1", "web-1", 4411, __version__, ("email",), 2, types=("Other",)))
    told = {one["check"]: one for one in invoke("doctor", "--url", sqlite_url, "--json").data}
    backend.close()
    assert told["due"]["level"] == "ok"
    assert (told["handlers"]["level"], told["handlers"]["evidence"]["unknown"]) == ("warning", ["Send"])


def test_a_type_that_is_given_back_is_told_while_its_job_waits(scene: Scene) -> None:
    """A job that a worker without its handler gave back is looked at like one that waits; one that is due later is not."""
    scene.job("later", "lane-given", type="Later", delay_s=3600)
    lease_id, fence = scene.claimed("given", type="Unknown")
    given_back = scene.ids["given"]
    card = WorkerCard("worker-1", "web-1", 4411, __version__, ("lane-given",), 2, types=("Other",))
    scene.backend.jobs.register(card)
    scene.backend.jobs.step(lease_id, [Settlement(given_back, fence, "Unknown", Ending.SNOOZED, delay_s=50)], 0)
    told = {one["check"]: one for one in scene.run("doctor", "--json").data}
    assert told["handlers"]["evidence"]["unknown"] == ["Unknown"]
    assert scene.run("why", given_back, "--json").data["code"] == "no_handler"


def test_what_the_tables_lack_is_told(postgres_url: str, invoke: Invoke) -> None:
    """A dropped index, an unsound foreign key to our table and a right that was not granted are each named, with what to do."""
    open_native(postgres_url, BackendOptions(create=True)).close()
    limited = f"{postgres_url.partition('://')[0]}://clerk@{postgres_url.rpartition('@')[2]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("drop index queuetui_job_held")
        connection.execute("create table bill (job uuid)")
        connection.execute("alter table bill add foreign key (job) references queuetui_job (id) not valid")
        connection.execute("create role clerk login")
        try:
            connection.execute("grant select, insert, update on all tables in schema public to clerk")
            told = {one["check"]: one for one in invoke("doctor", "--url", limited, "--json").data}
        finally:
            connection.execute("drop owned by clerk")
            connection.execute("drop role clerk")
    assert told["indexes"]["evidence"]["missing"] == ["queuetui_job_held"]
    assert told["foreign_keys"]["evidence"]["unchecked"] == ["bill.bill_job_fkey"]
    assert told["foreign_keys"]["evidence"]["unindexed"] == ["bill.bill_job_fkey"]
    assert (told["rights"]["level"], told["vacuum"]["level"]) == ("warning", "ok")
    assert told["rights"]["evidence"]["missing"]["queuetui_job"] == ["delete"]
    assert told["rights"]["next"].startswith("grant delete on queuetui_")


def test_a_newer_schema_is_told_and_not_refused(sqlite_url: str, invoke: Invoke) -> None:
    """A queue that other commands refuse to open is looked over all the same."""
    open_native(sqlite_url, BackendOptions(create=True)).close()
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("update queuetui_meta set value = '99' where name in ('schema', 'minimum_client')")
    assert invoke("stats", "--url", sqlite_url).code == 1
    answer = invoke("doctor", "--url", sqlite_url, "--json")
    told = {one["check"]: one["level"] for one in answer.data}
    assert (answer.code, told["schema"], told["protocol"], told["durability"]) == (2, "critical", "critical", "ok")


def test_a_store_that_is_away_is_one_line(invoke: Invoke) -> None:
    """The exit code is 3, as everywhere, and no password is shown."""
    answer = invoke("doctor", "--url", f"postgresql://ann:{URL_PASSWORD}@127.0.0.1:{free_port()}/shop")
    assert answer.code == 3, answer
    assert answer.out.startswith("critical  reachable")
    assert "next: do what it says" in answer.out
    assert URL_PASSWORD not in answer.out + answer.err


def test_an_absent_queue_is_not_found(tmp_path: Path, invoke: Invoke) -> None:
    """No file, and a file without a queue, are exit 4 as for any other command."""
    path = tmp_path / "empty.db"
    invoke("doctor", "--url", f"sqlite:///{path}").fails(4, "no SQLite file")
    sqlite3.connect(path).execute("create table other (id integer)")
    invoke("doctor", "--url", f"sqlite:///{path}").fails(4, "no job queue")
