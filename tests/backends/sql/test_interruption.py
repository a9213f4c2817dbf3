"""A read that nobody wants any more ends on the server, long before its time limit, and the next one is whole again."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from queuetui.backends.base import BackendOptions
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.console_connection import ConsoleDatabase, open_database
from queuetui.backends.sql.console_sessions import read_server
from queuetui.model.interruption import Interrupted, Interruption, interruptible
from tests.backends.captures import connect_mysql
from tests.waiting import wait_until

WITHOUT_END = {
    "sqlite": "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t",
    "postgresql": "select pg_sleep(1200)",
    "mysql": "select benchmark(1000000000000, sha2('x', 512))",
}
RUNNING = "select count(*) from information_schema.processlist where info like 'select benchmark%'"
LIMIT_S = 1200.0


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database, which need not hold anything."""
    found: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return found


def read_without_end(database: ConsoleDatabase, *, budget_s: float | None) -> None:
    """Run a statement that the time limit alone would end."""
    with database.reading("reading without end") as connection:
        statement = text(WITHOUT_END[connection.dialect.name])
        if budget_s is None:
            connection.execute(statement).fetchall()
        else:
            fetch_within(connection, statement, budget_s)  # type: ignore[arg-type] # a text is executed as a selection is


@pytest.mark.parametrize("budget_s", [None, LIMIT_S])
def test_a_read_is_broken_off_from_another_thread(url: str, budget_s: float | None) -> None:
    """The statement ends, also one with a time of its own; who reads hears Interrupted, and reads on with the usual limits."""
    database, interruption = open_database(url, LIMIT_S, 5.0), Interruption()
    heard: list[BaseException] = []

    def read() -> None:
        try:
            with interruptible(interruption):
                read_without_end(database, budget_s=budget_s)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            heard.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()

    def has_ended() -> bool:
        # One that comes between two statements ends neither: it is said again, as the console does.
        interruption.interrupt()
        return not thread.is_alive()

    wait_until(has_ended, 60, interval_s=0.2)
    assert [type(error) for error in heard] == [Interrupted]
    with database.reading("reading again") as connection:
        assert connection.execute(text("select 1")).scalar() == 1
        if database.dialect == "mysql":
            assert connection.exec_driver_sql("select @@max_statement_time").scalar() == LIMIT_S
    database.close()


@pytest.mark.parametrize("server", ["postgres", "mysql"])
def test_a_first_picture_is_broken_off(server: str, request: pytest.FixtureRequest) -> None:
    """What a console reads of a server without SQLAlchemy ends there as well, and its next picture is read by a new connection."""
    reader = read_server(
        request.getfixturevalue(f"migrated_{server}_url"),
        BackendOptions(statement_timeout_s=LIMIT_S, connect_timeout_s=5),
    )
    interruption, heard = Interruption(), list[BaseException]()

    def read() -> None:
        try:
            with interruptible(interruption), reader.reading("reading without end") as connection:
                connection.cursor().execute(WITHOUT_END[reader.dialect])
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            heard.append(error)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()

    def has_ended() -> bool:
        interruption.interrupt()
        return not thread.is_alive()

    wait_until(has_ended, 60, interval_s=0.2)
    assert [type(error) for error in heard] == [Interrupted]
    with reader.reading("reading again") as connection, connection.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)
    reader.close()


def test_nothing_goes_on_at_the_server(mysql_url: str) -> None:
    """What was broken off is gone from the server's list of processes: closing the connection alone would leave it there."""
    database, interruption = open_database(mysql_url, LIMIT_S, 5.0), Interruption()

    def read() -> None:
        with pytest.raises(Interrupted), interruptible(interruption):
            read_without_end(database, budget_s=None)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    with connect_mysql(mysql_url) as admin, admin.cursor() as cursor:

        def running() -> int:
            cursor.execute(RUNNING)
            row = cursor.fetchone()
            return 0 if row is None else int(row[0])

        wait_until(lambda: running() == 1)
        interruption.interrupt()
        wait_until(lambda: running() == 0)
    thread.join(60)
    database.close()


def test_an_interruption_that_comes_early_lets_nothing_be_read(url: str) -> None:
    """Who was given up before its turn came does not begin; others do."""
    database, interruption = open_database(url, LIMIT_S, 5.0), Interruption()
    interruption.interrupt()
    with pytest.raises(Interrupted), interruptible(interruption):
        read_without_end(database, budget_s=None)
    with database.reading("reading") as connection:
        assert connection.execute(text("select 1")).scalar() == 1
    database.close()
