"""What the Laravel inspector shows, and how far it looks."""

from __future__ import annotations

import json
import sqlite3

import pytest

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.discover import discover, open_backend
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.model.errors import BadConfig, Denied, NotFound
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import Capture, query, run_script, sqlite_path
from tests.backends.laravel.acts import listed
from tests.backends.laravel.tables import FAILED_TABLE, JOBS_TABLE
from tests.zoo import ZOO


def encoded(text: str) -> bytes:
    """Return the bytes of a text that may hold half a surrogate pair."""
    return text.encode("utf-8", "surrogatepass")


def test_display_names_are_the_types(capture: Capture) -> None:
    """The type is the display name: the class, and for a closure where it was written."""
    types = {job.ref.id: job.type.raw for job in listed(capture)}
    for job_id, truth in capture.stored.items():
        if truth["job"] == "Closure":
            assert types[job_id].startswith("Closure (")
        else:
            assert types[job_id] == truth["job"]


def test_the_command_is_shown_as_data(capture: Capture) -> None:
    """A failed card charge shows its private and protected properties, its tries and its error's message."""
    job = listed(capture, "state:failed payload.orderId:1001")[0]
    assert job.data is not None
    assert job.data.raw == "orderId 1001 amountCents 2599"
    assert job.max_attempts == 2
    assert job.error is not None
    assert job.error.message.raw == "Card declined for order 1001 (naïve “quotes” ✓)"
    whole = capture.open().inspector.get(job.ref.id)
    assert whole.error is not None
    assert whole.error.traceback.raw.endswith("{main}")
    shown = json.loads(job.payload.raw)
    assert shown["data"]["command"]["orderId"] == 1001


def test_remarks_say_what_a_person_must_know(capture: Capture) -> None:
    """Encryption, a chain, a unique lock, a batch and guessed attempts are told in our own words."""
    said = {truth["job"]: set[str]() for truth in capture.stored.values()}
    for job in listed(capture):
        said[capture.stored[job.ref.id]["job"]].update(job.remarks)
    text = {name: " ".join(remarks) for name, remarks in said.items()}
    assert "encrypted" in text["App\\Jobs\\SecretJob"]
    assert "(encrypted)" in {job.data and job.data.raw for job in listed(capture)}
    assert "chain" in text["App\\Jobs\\SendWelcomeEmail"]
    assert "unique" in text["App\\Jobs\\UniqueJob"]
    assert capture.truth["batches"][0]["id"] in text["App\\Jobs\\SlowReport"]
    assert "attempts are what it was allowed" in text["App\\Jobs\\ChargeCard"]


def test_a_member_shows_its_batch(capture: Capture) -> None:
    """Opening a job of a batch tells the batch's name, its state and its counters as stored."""
    backend = capture.open()
    member = next(job_id for job_id, truth in capture.stored.items() if "batch" in truth.get("note", ""))
    said = "its batch 'Import CSV' is open: 3 jobs, 1 pending, 1 failures counted"
    assert said in backend.inspector.get(member).remarks
    query(capture.url, "UPDATE job_batches SET cancelled_at = 5")
    assert said.replace("open", "cancelled") in backend.inspector.get(member).remarks
    query(capture.url, "DELETE FROM job_batches")
    assert not any(remark.startswith("its batch") for remark in backend.inspector.get(member).remarks)


def test_the_latest_dead_letters_come_first(capture: Capture) -> None:
    """A snapshot's failures are the newest failed jobs, at most as many as asked for."""
    failures = capture.open().inspector.snapshot(Watch(failures=2)).failures
    rows = [capture.stored[job.ref.id]["row_id"] for job in failures]
    assert (
        rows == sorted((job["row_id"] for job in capture.stored.values() if job["state"] == "failed"), reverse=True)[:2]
    )
    assert all(job.error is not None and job.error.class_name.raw for job in failures)


def test_renamed_tables_are_found(sqlite_url: str) -> None:
    """Tables behind a prefix are found by their columns, an old failed_jobs without uuid among them."""
    run_script(sqlite_url, JOBS_TABLE.format(name="shop_jobs") + FAILED_TABLE.format(name="shop_failed_jobs"))
    query(sqlite_url, "INSERT INTO shop_jobs VALUES (7, 'mail', 'x', 0, NULL, 1, 1)")
    query(
        sqlite_url, "INSERT INTO shop_failed_jobs VALUES (8, 'redis', 'mail', '{}', 'Oops: no', '2026-01-01 00:00:00')"
    )
    (found,) = discover(sqlite_url, BackendOptions())
    assert (found.kind, found.queues, found.jobs and found.jobs.value) == ("laravel", 1, 2)
    assert found.detail == "tables shop_jobs, shop_failed_jobs"
    backend = open_backend(sqlite_url, BackendOptions())
    assert {job.ref.id: job.state for job in iterate(backend.inspector, Query(), Limits())} == {
        "job-7": State.PENDING,
        "failed-8": State.FAILED,
    }
    assert backend.inspector.get("failed-8").ref.id == "failed-8"
    backend.close()


def test_a_database_without_a_queue_is_not_one(sqlite_url: str) -> None:
    """A database with other tables has no Laravel queue, and the error says what was looked for."""
    run_script(sqlite_url, "CREATE TABLE jobs (id integer primary key, title text); CREATE TABLE users (id integer);")
    assert discover(sqlite_url, BackendOptions()) == ()
    with pytest.raises(NotFound, match="failed_jobs"):
        open_backend(sqlite_url, BackendOptions())


def test_a_wrong_time_zone_is_a_broken_setting(capture: Capture) -> None:
    """An unknown zone names its setting; a known one moves failed_at, and only that."""
    with pytest.raises(BadConfig) as broken:
        capture.open(timezone="Mars/Olympus")
    assert broken.value.path == "laravel.timezone"
    plain, moved = (
        backend.inspector.snapshot(Watch()).failures[0].completed_at
        for backend in (capture.open(), capture.open(timezone="America/New_York"))
    )
    assert plain is not None
    assert moved is not None
    assert (moved - plain).total_seconds() == 5 * 3600


LONG = 100_000


def test_hostile_rows_are_shown_beside_the_others(sqlite_url: str) -> None:
    """Every text of the zoo as payload, name, queue and exception gives a job, and no exception."""
    run_script(sqlite_url, JOBS_TABLE.format(name="jobs") + FAILED_TABLE.format(name="failed_jobs"))
    rows = []
    for text in ZOO.values():
        named = json.dumps({"uuid": text, "displayName": text, "maxTries": 2**70, "data": {"command": text}})
        # What is megabytes long is so in one place.
        payloads = (text, named) if len(text) < LONG else (text,)
        rows += [(encoded(text[:LONG]), encoded(payload)) for payload in payloads]
    with sqlite3.connect(sqlite_path(sqlite_url)) as file:
        taken = "INSERT INTO jobs VALUES (NULL, CAST(?1 AS TEXT), CAST(?2 AS TEXT), 0, NULL, 1, 1)"
        given_up = (
            "INSERT INTO failed_jobs VALUES "
            "(NULL, CAST(?1 AS TEXT), CAST(?1 AS TEXT), CAST(?2 AS TEXT), CAST(?1 AS TEXT), 'x')"
        )
        file.executemany(taken, rows)
        file.executemany(given_up, rows)
        file.execute("INSERT INTO jobs VALUES (NULL, x'ff00fe', x'ff00fe', 'many', 1e30, -5, 99999999999999999)")
    file.close()
    # A busy machine takes its time.
    backend = open_backend(sqlite_url, BackendOptions(statement_timeout_s=120))
    jobs = list(iterate(backend.inspector, Query(), Limits(), 50))
    assert len(jobs) == 2 * len(rows) + 1
    assert all(len(job.payload) <= 2048 for job in jobs)
    assert len({job.ref.id for job in jobs}) == len(jobs)
    for job in jobs[:: len(ZOO) // 4]:
        assert backend.inspector.get(job.ref.id).ref == job.ref
    snapshot = backend.inspector.snapshot(Watch(page=PageRequest(parse_query("payload~a"))))
    assert snapshot.problems == {}
    backend.close()


def test_reading_connections_cannot_write(capture: Capture) -> None:
    """The connection that reads is refused by the server itself when it tries to write."""
    backend = capture.open()
    assert isinstance(backend.inspector, TablesInspector)
    with pytest.raises(Denied), backend.inspector.database.reading("writing by mistake") as connection:
        connection.exec_driver_sql("DELETE FROM jobs")
    assert query(capture.url, "SELECT count(*) FROM jobs")[0][0] == 14
