"""Sessions of MariaDB and MySQL mean the same whatever the server's modes and limits are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pymysql
import pytest

from queuetui.backends.base import BackendOptions, iterate
from queuetui.backends.registry import NATIVE, open_native
from queuetui.backends.sql import console_sessions
from queuetui.backends.sql.console_connection import open_database
from queuetui.model.act import Outcome, Verb
from queuetui.model.job import Ending, RunError
from queuetui.model.limits import Limits
from queuetui.model.query import Query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import connect_mysql, load_capture
from tests.backends.laravel.acts import choose, do
from tests.conformance.scenes import act_done, add, add_one, run, select

HOSTILE = {
    "sql_mode": "'EMPTY_STRING_IS_NULL,PIPES_AS_CONCAT,ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,IGNORE_SPACE,"
    "HIGH_NOT_PRECEDENCE,SIMULTANEOUS_ASSIGNMENT,ONLY_FULL_GROUP_BY,NO_AUTO_VALUE_ON_ZERO,NO_UNSIGNED_SUBTRACTION'",
    "time_zone": "'+10:30'",
    "sql_select_limit": "1",
    "sql_safe_updates": "1",
    "sql_auto_is_null": "1",
    "sql_big_selects": "0",
    "max_join_size": "1",
    "max_statement_time": "60",
    "autocommit": "0",
    "tx_isolation": "'SERIALIZABLE'",
    "tx_read_only": "1",
    "wait_timeout": "1",
}


@contextmanager
def hostile_defaults(url: str) -> Iterator[None]:
    """Give new sessions of the server odd defaults for a while."""
    with connect_mysql(url) as admin, admin.cursor() as cursor:
        before = {name: _global(cursor, name) for name in HOSTILE}
        for name, value in HOSTILE.items():
            cursor.execute(f"SET GLOBAL {name} = {value}")
        try:
            yield
        finally:
            for name, found in before.items():
                cursor.execute(f"SET GLOBAL {name} = %s", [found])


def _global(cursor: pymysql.cursors.Cursor, name: str) -> object:
    cursor.execute(f"SELECT @@GLOBAL.{name}")
    row = cursor.fetchone()
    assert row is not None
    return row[0]


def test_a_queue_lives_on_a_server_of_any_mode(mysql_url: str) -> None:
    """Empty texts, operators, assignments and limits mean what the code relies on, for workers and consoles."""
    with hostile_defaults(mysql_url):
        backend = open_native(mysql_url, BackendOptions(name="shop", kind=NATIVE, create=True))
        job_id = add_one(backend, payload=b"", queue="mail", correlation_id="back\\slash")
        add(backend, 20)
        run(backend, Ending.FAILED, queue="mail", error=RunError("ValueError", "", 'C:\\dir "x" || y'))
        error = backend.inspector.get(job_id).error
        assert error is not None
        assert (error.message.raw, error.traceback and error.traceback.raw) == ("", 'C:\\dir "x" || y')
        act_done(backend, Verb.RETRY, job_id)
        run(backend, queue="mail")
        picture = backend.inspector.snapshot(Watch())
        assert not picture.problems
        assert len(select(backend)) == 21
        job = backend.inspector.get(job_id)
        assert job.state is State.COMPLETED
        assert job.created_at is not None
        assert abs((picture.now - job.created_at).total_seconds()) < 600
        backend.close()


def test_a_foreign_queue_is_read_and_mended_on_a_server_of_any_mode(mysql_url: str) -> None:
    """A console reads Laravel's tables there and retries a failed job."""
    capture = load_capture("laravel", "laravel-db", "mariadb", mysql_url)
    with hostile_defaults(mysql_url):
        backend = capture.open()
        assert len(list(iterate(backend.inspector, Query(), Limits()))) == len(capture.stored)
        assert do(backend, Verb.RETRY, choose(backend, "state:failed").ref).outcome is Outcome.DONE
        capture.close()


def test_a_read_after_a_rest_does_not_fail(mysql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session may rest for eight hours whatever the server's default is, and one that was ended meanwhile is made anew at once."""
    asked = "select connection_id(), @@wait_timeout"
    with connect_mysql(mysql_url) as admin, admin.cursor() as cursor, hostile_defaults(mysql_url):
        database = open_database(mysql_url, 5.0, 5.0)
        reader = console_sessions.read_server(mysql_url, BackendOptions())
        for rested_s in (30.0, 30.0, -1.0):
            monkeypatch.setattr(console_sessions, "RESTED_S", rested_s)
            with database.reading("asking") as connection:
                first = tuple(connection.exec_driver_sql(asked).one())
            with reader.reading("asking") as connection, connection.cursor() as own:
                own.execute(asked)
                second = own.fetchone()
            assert (first[1], second[1]) == (28800, 28800)
            for session, _ in (first, second):
                cursor.execute("KILL %s", [session])
        database.close()
        reader.close()
