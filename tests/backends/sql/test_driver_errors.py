"""Drivers' errors become ours, with advice and without a password."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pymysql
import pytest
from sqlalchemy.exc import OperationalError

from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.sql.driver_errors import translated, unknown_when_lost
from queuetui.model.errors import (
    BadConfig,
    ConnectionLost,
    Denied,
    NotFound,
    QueueTuiError,
    UnknownOutcome,
    Unreachable,
    Unsupported,
)
from tests.backends.captures import query

SECRET = "hunter2"


def with_user(url: str, user: str, *, port: int | None = None, database: str | None = None) -> str:
    """Return a server's URL with another user and a password that must not be shown."""
    parts = urlsplit(url)
    place = f"{user}:{SECRET}@{parts.hostname}:{port or parts.port}"
    return urlunsplit(parts._replace(netloc=place, path=f"/{database}" if database else parts.path))


def look(url: str, statement: str = "SELECT 1", timeout_s: float = 5) -> QueueTuiError:
    """Run a statement on a console's connection and return the error that it raises."""
    database = open_database(url, timeout_s, 30)
    with pytest.raises(QueueTuiError) as raised, database.reading("looking") as connection:
        connection.exec_driver_sql(statement)
    database.close()
    assert SECRET not in str(raised.value)
    assert str(raised.value).startswith("looking failed")
    return raised.value


@pytest.fixture(params=["postgres_url", "mysql_url"])
def server_url(request: pytest.FixtureRequest) -> str:
    """An empty database on each server in turn."""
    return str(request.getfixturevalue(request.param))


def test_a_server_that_is_not_there_is_unreachable(server_url: str) -> None:
    """A closed port raises Unreachable."""
    assert isinstance(look(with_user(server_url, "someone", port=1)), Unreachable)


def test_a_database_that_is_not_there_is_not_found(server_url: str) -> None:
    """A database that does not exist raises NotFound."""
    user = urlsplit(server_url).username or ""
    error = look(urlunsplit(urlsplit(server_url)._replace(path="/no_such_database")))
    assert isinstance(error, NotFound), user


def test_a_pooler_that_parts_transactions_is_told() -> None:
    """PgBouncer by the statement takes no transaction: what it says so is no silence of the server."""
    said = "transaction blocks not allowed in statement pooling mode"
    for error in (psycopg.errors.ProtocolViolation(said), psycopg.OperationalError(said)):
        with pytest.raises(Unreachable, match="pool_mode = transaction"), translated("looking"):
            raise error


def test_an_unknown_table_is_not_found(server_url: str) -> None:
    """A table that does not exist raises NotFound."""
    assert isinstance(look(server_url, "SELECT * FROM no_such_table"), NotFound)


def test_a_wrong_user_is_denied(mysql_url: str) -> None:
    """A user that the server refuses raises Denied."""
    assert isinstance(look(with_user(mysql_url, "nobody_such")), Denied)


def test_a_slow_statement_is_ended(server_url: str) -> None:
    """A statement longer than the profile allows is ended by the server and told as too slow."""
    sleeping = "SELECT pg_sleep(30)" if server_url.startswith("postgres") else "SELECT SLEEP(30)"
    error = look(server_url, sleeping, timeout_s=1)
    assert isinstance(error, Unreachable)
    assert "longer" in str(error)


def test_a_slow_statement_on_sqlite_is_ended(sqlite_url: str) -> None:
    """SQLite has no timeout of its own; ours ends a statement all the same."""
    query(sqlite_url, "CREATE TABLE t (x)")
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    error = look(sqlite_url, endless, timeout_s=0.2)
    assert isinstance(error, Unreachable)
    assert "longer" in str(error)


def test_a_file_that_is_no_database_is_not_found(tmp_path: Path) -> None:
    """A file of another kind raises NotFound, an absent one too, and neither is created or changed."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database at all\n" * 100)
    assert isinstance(look(f"sqlite:///{file}", "SELECT * FROM sqlite_master"), NotFound)
    with pytest.raises(NotFound, match=r"gone\.db"):
        open_database(f"sqlite:///{tmp_path / 'gone.db'}", 5, 5)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_url_of_another_kind_is_unsupported() -> None:
    """A URL that cannot be read, or of a database not known here, is refused without its password."""
    for url in ("", "nonsense", f"oracle://a:{SECRET}@h/x", f"postgresql://a:{SECRET}@h:port/x"):
        with pytest.raises((BadConfig, Unsupported)) as refused:
            open_database(url, 5, 5)
        assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("42704", Unsupported, "check the options of the URL"),
        ("22023", Unsupported, "check the options of the URL"),
        ("42602", NotFound, "takes no such name"),
        ("58030", Unreachable, "cannot read or write its files"),
        ("XX001", Unreachable, "is damaged"),
        (1102, NotFound, "takes no such name"),
        (1109, NotFound, "is not there"),
        (1193, Unsupported, "check the options of the URL"),
        (1820, Denied, "check the user, its password"),
        (1030, Unreachable, "cannot read or write its files"),
        (1194, Unreachable, "is damaged"),
        (3159, Unsupported, r"by TLS only; add \?ssl_ca=FILE"),
        (3169, ConnectionLost, "does not answer"),
    ],
)
def test_a_code_of_a_server_has_words(code: str | int, kind: type[QueueTuiError], words: str) -> None:
    """What a server refuses by a code is told with what to do, by both servers' codes."""
    error = pymysql.OperationalError(code, "said") if isinstance(code, int) else psycopg.errors.lookup(code)("said")
    with pytest.raises(kind, match=words), translated("looking"):
        raise error


def test_a_connection_lost_in_a_commit_leaves_the_outcome_unknown() -> None:
    """Only a lost connection makes an outcome unknown; a refused commit is known to have failed."""
    with pytest.raises(UnknownOutcome), unknown_when_lost("committing"):
        raise OperationalError("COMMIT", {}, psycopg.OperationalError("server closed the connection unexpectedly"))
    for lost in (2013, "Lost connection"), (2013, "timed out"), (0, ""):
        with pytest.raises(UnknownOutcome), unknown_when_lost("committing"):
            raise pymysql.err.OperationalError(*lost)
    with pytest.raises(Denied), unknown_when_lost("committing"):
        raise OperationalError("COMMIT", {}, Exception(1142, "denied"))
    for refusal in pymysql.err.OperationalError(1114, "The table is full"), psycopg.errors.DiskFull("no space left"):
        with pytest.raises(Unreachable), unknown_when_lost("committing"):
            raise refusal


def test_a_login_that_wants_another_package_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver's bare complaint about MySQL's usual login over a plain connection becomes our error, with two ways out."""
    from pymysql import _auth

    monkeypatch.setattr(_auth, "_have_cryptography", False)
    with pytest.raises(Unsupported, match=r"ssl_ca=FILE.*pymysql\[rsa\]"), translated("connecting"):
        _auth.sha2_rsa_encrypt(b"password", b"salt", b"key")
