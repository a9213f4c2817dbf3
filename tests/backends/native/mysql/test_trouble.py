"""A server that is away, old, small or told wrongly: our errors, and never a password."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import discover
from queuetui.backends.discover import open_backend as open_any
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.mysql import database
from queuetui.backends.native.sql.session import Session
from queuetui.backends.sql.mysql_address import read_address
from queuetui.model.errors import BadConfig, BadPayload, Denied, NotFound, Unreachable, Unsupported
from queuetui.model.job import Ending, NewJob, Settlement
from tests.servers.fixtures import MysqlFactory
from tests.servers.mysql import connect_mysql
from tests.servers.process import free_port
from tests.waiting import wait_until

CREATE = BackendOptions(create=True)
PASSWORD = "hunter2-secret"
JOB = NewJob("0190a5f0-0000-7000-8000-000000000001", "T", b"{}")


def test_a_server_that_is_not_there_is_unreachable() -> None:
    """A refused connection is told in one line without the password."""
    with pytest.raises(Unreachable) as raised:
        open_backend(f"mysql://shop:{PASSWORD}@127.0.0.1:{free_port()}/shop", CREATE)
    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_unknown_user_is_denied_and_a_database_not_found(url: str) -> None:
    """A login that the server does not know and a database that is not there are told as that, without the password."""
    with pytest.raises(Denied) as raised:
        open_backend(url.replace("root@", f"nobody_here:{PASSWORD}@"), CREATE)
    assert PASSWORD not in str(raised.value)
    with pytest.raises(NotFound):
        open_backend(f"{url}_that_is_not_there", CREATE)


@pytest.mark.parametrize(
    "tail", ["@127.0.0.1:notaport/x", "@127.0.0.1/x?nonsense=1", "@more@127.0.0.1/x", "@127.0.0.1"]
)
def test_a_broken_url_does_not_show_its_password(tail: str) -> None:
    """A URL that cannot be read, or names no database, is refused without quoting it."""
    with pytest.raises(BadConfig) as raised:
        open_backend(f"mysql://shop:{PASSWORD}{tail}", CREATE)
    assert PASSWORD not in str(raised.value)
    assert "more" not in str(raised.value)


def test_what_a_url_says(tmp_path: Path) -> None:
    """User, password and name are read with what was encoded in them, and files of a secure connection are passed on."""
    authority = tmp_path / "ca.pem"
    authority.touch()
    found = read_address(f"mariadb://sh%40p:p%2Fw@db.example:3307/jobs%20new?ssl_ca={authority}&charset=utf8mb4")
    expected = {"host": "db.example", "port": 3307, "user": "sh@p", "password": "p/w", "database": "jobs new"}
    assert found == {**expected, "ssl": {"ca": str(authority)}}
    assert read_address("mysql://localhost/jobs?unix_socket=/run/db.sock")["unix_socket"] == "/run/db.sock"


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without PyMySQL the message names what to install."""
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(Unsupported, match="pip install 'pymysql'"):
        open_backend("mysql://127.0.0.1/shop", CREATE)


@pytest.mark.parametrize("scheme", ["mariadb", "mysql+pymysql"])
def test_the_other_scheme_names_open_too(backend: SqlBackend, url: str, scheme: str) -> None:
    """Every name of the scheme leads to the same queue, for workers and consoles."""
    backend.jobs.enqueue([JOB])
    other = open_any(url.replace("mysql://", f"{scheme}://"), BackendOptions())
    assert other.inspector.capabilities.label in {"queuetui on MariaDB", "queuetui on MySQL"}
    assert other.inspector.get(JOB.id).type.raw == "T"
    other.close()


def test_our_queue_and_a_laravel_one_stand_side_by_side(backend: SqlBackend, url: str) -> None:
    """Both systems in one database are found, ours first; in an empty database none is."""
    engine = create_engine(url.replace("mysql://", "mysql+pymysql://"))
    with engine.begin() as connection:
        times = "reserved_at int, available_at int, created_at int"
        columns = "id bigint primary key, queue varchar(255), payload longtext, attempts int"
        connection.execute(text(f"create table jobs ({columns}, {times})"))
    engine.dispose()
    backend.jobs.enqueue([JOB])
    assert [(found.kind, found.jobs and found.jobs.value) for found in discover(url, BackendOptions())] == [
        ("native", 1),
        ("laravel", 0),
    ]


def test_an_old_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that cannot pass over locked rows gets no queue, and the message says what is needed; looking there is no error."""
    monkeypatch.setattr(database, "OLDEST", {"MySQL": (99, 0), "MariaDB": (99, 0)})
    with pytest.raises(Unsupported, match=r"99\.0 or newer"):
        open_backend(url, CREATE)
    assert discover(url, BackendOptions()) == ()


def test_a_large_job_is_stored_and_claimed(backend: SqlBackend) -> None:
    """Ten megabytes of any bytes come back as they were."""
    payload = bytes(range(256)) * 40_000
    backend.jobs.enqueue([NewJob(JOB.id, "T", payload)])
    (claimed,) = backend.jobs.step(backend.jobs.open_lease("w", "default", 30).id, [], 1).claimed
    assert claimed.payload == payload


def test_a_job_that_the_server_cannot_take_is_told(url: str) -> None:
    """A job over max_allowed_packet is refused with the setting's name, and the connection goes on."""
    backend = open_backend(url, CREATE)
    with pytest.raises(BadPayload, match="max_allowed_packet"):
        backend.jobs.enqueue([NewJob(JOB.id, "T", b"x" * 20_000_000)])
    assert backend.jobs.enqueue([JOB])[0].created
    backend.close()


def test_a_result_that_the_server_cannot_take_does_not_undo_the_work(backend: SqlBackend) -> None:
    """A run whose result is too large is completed, with a note in the place of the result; one that fits is kept whole."""
    for size, kept in ((40_000_000, "max_allowed_packet"), (5_000_000, "x" * 5_000_000)):
        job_id = str(uuid4())
        backend.jobs.enqueue([NewJob(job_id, "T", b"{}")])
        lease = backend.jobs.open_lease("w", "default", 30)
        (job,) = backend.jobs.step(lease.id, [], 1).claimed
        done = Settlement(job.id, job.fence, job.type, Ending.COMPLETED, 0.1, result=b"x" * size)
        assert backend.jobs.step(lease.id, [done], 0).accepted == {job_id}
        result = backend.inspector.get(job_id).result
        assert result is not None
        assert kept in result.raw


def test_times_do_not_depend_on_time_zones(backend: SqlBackend, url: str) -> None:
    """A caller's session in another time zone stores the same moments."""
    engine = create_engine(url.replace("mysql://", "mysql+pymysql://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("set time_zone = '+09:00'")
        backend.jobs.enqueue([JOB], connection)
    engine.dispose()
    backend.jobs.enqueue([NewJob("0190a5f0-0000-7000-8000-000000000002", "T", b"{}")])
    first, second = (
        backend.inspector.get(f"0190a5f0-0000-7000-8000-00000000000{number}").created_at for number in (1, 2)
    )
    assert first is not None
    assert second is not None
    assert abs((second - first).total_seconds()) < 60


@pytest.mark.parametrize("idle_s", [0.0, 60.0], ids=["rested for long", "used just now"])
def test_an_idle_connection_that_the_server_closed_is_not_met(
    backend: SqlBackend, url: str, monkeypatch: pytest.MonkeyPatch, idle_s: float
) -> None:
    """A connection that was silent for long, or that the server has ended, is opened anew.

    So a server's limit of idleness, a KILL and a restart fail no call that comes after them.
    """
    assert backend.jobs.queues_ready(None) == ()
    others = "select id from information_schema.processlist where db = database() and id <> connection_id()"
    with connect_mysql(url) as connection, connection.cursor() as cursor:
        cursor.execute(others)
        for (number,) in cursor.fetchall():
            cursor.execute(f"kill {number}")
        wait_until(lambda: not cursor.execute(others))
    monkeypatch.setattr(database, "IDLE_S", idle_s)
    assert backend.jobs.enqueue([JOB])[0].created


@pytest.mark.timed
def test_a_restarted_server_is_found_again(private_mysql: MysqlFactory) -> None:
    """While the server is gone each call says so; when it is back the same backend goes on, with what it had acknowledged."""
    server = private_mysql()
    backend = open_backend(server.create_database(), CREATE)
    assert backend.jobs.enqueue([JOB])[0].created
    server.stop()
    for _ in range(2):
        with pytest.raises(Unreachable):
            backend.jobs.beat("nobody", None, False)
    server.start()

    def answers() -> bool:
        try:
            return backend.jobs.queues_ready(None) == ("default",)
        except Unreachable:
            return False

    wait_until(answers)
    backend.close()


@pytest.mark.timed
def test_a_row_that_stays_locked_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience has an end, the message says what happened, and afterwards the same backend works again."""
    monkeypatch.setattr(database, "LOCK_TIMEOUT_S", 1)
    monkeypatch.setattr(database, "TRIES", 2)
    backend = open_backend(url, CREATE)
    lease = backend.jobs.open_lease("w", "default", 30)
    with connect_mysql(url) as holder, holder.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("select 1 from queuetui_lease for update")
        with pytest.raises(Unreachable, match="locked"):
            backend.jobs.close_lease(lease.id)
        holder.rollback()
    assert backend.jobs.renew([lease.id], 30).valid == {lease.id}
    backend.close()


def test_a_stopped_statement_leaves_no_half_read_answer(backend: SqlBackend) -> None:
    """Work that is broken off in its middle is undone, and the next one does not read its answer."""

    def stop(session: Session) -> None:
        session.change("write_meta", name="half", value="1")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backend.database.write("stopping", stop)
    assert backend.database.read("looking", lambda session: session.row("read_meta", name="half")) is None
