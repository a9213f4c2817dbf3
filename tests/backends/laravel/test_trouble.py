"""Locks, busy files and servers that go away, while a person looks and acts."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest

from queuetui.backends.base import iterate
from queuetui.backends.tables.operator import BATCH
from queuetui.model.act import Act, JobRef, Outcome, Target, Verb
from queuetui.model.errors import Unreachable
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.backends.captures import load_capture, query, sqlite_path
from tests.backends.laravel.acts import choose, do
from tests.servers.fixtures import PostgresFactory
from tests.waiting import wait_until


def test_a_locked_row_is_told_and_not_waited_for(postgres_url: str) -> None:
    """A row that another transaction holds is given up within seconds, and the next act finds it as it was."""
    capture = load_capture("laravel", "laravel-db", "postgres", postgres_url)
    backend = capture.open()
    ref = choose(backend, "state:pending").ref
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT * FROM public.jobs FOR UPDATE")
        listed = list(iterate(backend.inspector, parse_query("state:pending"), Limits()))
        result = do(backend, Verb.DELETE, ref)
    assert len(listed) == 10
    assert result.outcome is Outcome.FAILED
    assert "locked" in result.note
    assert do(backend, Verb.DELETE, ref).outcome is Outcome.DONE
    capture.close()


def test_reading_takes_no_lock_that_matters(postgres_url: str) -> None:
    """While a snapshot's transaction is open it holds nothing above ACCESS SHARE, under our application name."""
    capture = load_capture("laravel", "laravel-db", "postgres", postgres_url)
    backend: Any = capture.open()
    with backend.inspector.database.reading("looking") as connection:
        connection.exec_driver_sql("SELECT count(*) FROM jobs")
        held = query(
            postgres_url,
            "SELECT DISTINCT l.mode, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.relation = 'public.jobs'::regclass",
        )
    assert held == [("AccessShareLock", "queuetui")]
    capture.close()


def test_a_cut_connection_does_not_fail_the_next_act(postgres_url: str) -> None:
    """A connection that the server closed while it was idle is replaced before anything is tried on it."""
    capture = load_capture("laravel", "laravel-db", "postgres", postgres_url)
    backend = capture.open()
    ref = choose(backend, "state:pending").ref
    do(backend, Verb.DELETE, JobRef("laravel", "x", '["job", [9999], "a"]'))
    query(postgres_url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'queuetui'")
    wait_until(lambda: not query(postgres_url, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'queuetui'"))
    assert do(backend, Verb.DELETE, ref).outcome is Outcome.DONE
    capture.close()


def test_a_store_that_goes_away_stops_the_act(private_postgres: PostgresFactory) -> None:
    """With the server gone the first batch's results say so, the rest is not tried, and reading raises our own error."""
    server = private_postgres()
    capture = load_capture("laravel", "laravel-db", "postgres", server.create_database())
    backend = capture.open()
    refs = [job.ref for job in iterate(backend.inspector, parse_query("state:pending"), Limits())][:3]
    server.kill()
    targets = [Target(ref) for ref in refs] * BATCH
    results = backend.operator.apply(Act(Verb.DELETE, "tester"), targets, Limits())
    assert [result.outcome for result in results] == [Outcome.FAILED] * len(targets)
    assert "does not answer" in results[0].note
    assert "not tried" in results[-1].note
    with pytest.raises(Unreachable):
        backend.inspector.snapshot(Watch())
    capture.close()


def test_a_busy_sqlite_file_is_told(sqlite_url: str) -> None:
    """While another program writes, reading goes on and an act gives up within seconds with the reason."""
    capture = load_capture("laravel", "laravel-db", "sqlite", sqlite_url)
    backend = capture.open()
    ref = choose(backend, "state:pending").ref
    writer = sqlite3.connect(sqlite_path(sqlite_url), isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    assert choose(backend, "state:pending").ref == ref
    result = do(backend, Verb.DELETE, ref)
    writer.close()
    assert result.outcome is Outcome.FAILED
    assert "locked" in result.note
    capture.close()
