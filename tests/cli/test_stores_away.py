"""A store that is absent, does not answer or refuses gets one clear line and the right exit code."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.cli.conftest import SECRET, Invoke
from tests.servers.fixtures import PostgresFactory

COMMANDS_THAT_CONNECT = (
    ["stats"],
    ["jobs"],
    ["queues"],
    ["workers"],
    ["show", "abcdef"],
    ["why", "abcdef"],
    ["retry", "state:failed", "--yes"],
    ["purge", "state:failed", "--yes"],
    ["cleanup", "--days", "1", "--yes"],
    ["pause", "mail"],
    ["workers", "clean"],
    ["migrate", "--check"],
    ["discover"],
)


COMMANDS_THAT_READ = tuple(command for command in COMMANDS_THAT_CONNECT if command[0] != "migrate")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody listens on while the test runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.mark.parametrize("command", COMMANDS_THAT_CONNECT, ids=lambda words: words[0])
def test_an_absent_file_is_not_found_and_not_made(refused: Invoke, tmp_path: Path, command: list[str]) -> None:
    """Looking at an SQLite file that is not there ends with 4 and makes no file."""
    answer = refused("--url", f"sqlite:///{tmp_path / 'absent.db'}", *command)
    answer.fails(4, "absent.db")
    assert list(tmp_path.iterdir()) == []


def test_the_embedded_queue_is_not_made_by_looking(refused: Invoke) -> None:
    """Without a URL the embedded queue is meant; looking at it before anything was enqueued ends with 4 and says how to begin."""
    answer = refused("stats")
    answer.fails(
        4, "queue.db, which is used then, holds no queue; to make one by its first job: queuetui enqueue TYPE;"
    )
    assert "check the path in the URL" not in answer.err
    assert list(Path.home().rglob("*.db")) == []


@pytest.mark.parametrize("command", COMMANDS_THAT_READ, ids=lambda words: words[0])
def test_a_database_without_a_queue_says_what_was_looked_for(
    refused: Invoke, sqlite_url: str, command: list[str]
) -> None:
    """A database that holds no queue ends with 4 and the names that were looked for."""
    Path(sqlite_url.removeprefix("sqlite:///")).touch()
    refused("--url", sqlite_url, *command).fails(4, "queuetui_meta")


@pytest.mark.parametrize("command", COMMANDS_THAT_CONNECT, ids=lambda words: words[0])
def test_a_server_that_does_not_answer_is_unreachable(refused: Invoke, closed_port: int, command: list[str]) -> None:
    """A closed port ends with 3 and names host and port."""
    url = f"postgresql://ann:{SECRET}@127.0.0.1:{closed_port}/app"
    refused("--url", url, *command).fails(3, str(closed_port))


def test_an_unknown_host_is_unreachable(refused: Invoke) -> None:
    """A name that leads nowhere ends with 3."""
    refused("stats", "--url", f"postgresql://ann:{SECRET}@no-such-host.invalid/app").fails(3, "no-such-host.invalid")


@pytest.mark.parametrize("command", COMMANDS_THAT_CONNECT, ids=lambda words: words[0])
def test_an_unknown_login_is_unreachable(refused: Invoke, postgres_url: str, command: list[str]) -> None:
    """A login that the server does not know ends with 3 and names it."""
    refused("--url", _with_login(postgres_url, "nobody_here", SECRET), *command).fails(3, "nobody_here")


def test_a_wrong_password_is_unreachable(refused: Invoke, private_postgres: PostgresFactory) -> None:
    """A password that the server refuses ends with 3 on every command, and is not repeated."""
    server = private_postgres()
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        (rules,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        connection.execute("CREATE ROLE ann LOGIN PASSWORD 'another'")
        rule = "host all ann 127.0.0.1/32 scram-sha-256"
        connection.execute(sql.SQL("COPY (SELECT {}) TO {}").format(rule, rules))
        connection.execute("SELECT pg_reload_conf()")
    url = _with_login(server.admin_url, "ann", SECRET)
    for command in COMMANDS_THAT_CONNECT:
        answer = refused("--url", url, *command)
        answer.fails(3, "the server refused the right; check the user, its password")


def test_a_database_that_is_not_there_is_told(refused: Invoke, postgres_url: str) -> None:
    """A server without that database is told by its name."""
    answer = refused("stats", "--url", postgres_url.rsplit("/", 1)[0] + "/no_such_db")
    assert answer.code in {3, 4}
    assert "no_such_db" in answer.err
    assert answer.err.count("\n") == 1


def test_a_file_that_is_no_database_is_told(refused: Invoke, tmp_path: Path) -> None:
    """A file of something else ends in one line."""
    path = tmp_path / "notes.txt"
    path.write_text("just words, many of them, on a line" * 100)
    answer = refused("stats", "--url", f"sqlite:///{path}")
    assert answer.code in {3, 4}
    assert "notes.txt" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS_THAT_CONNECT, ids=lambda words: words[0])
@pytest.mark.parametrize("scheme", ["http", "mongodb+srv", "oracle"])
def test_a_url_of_an_unknown_kind_is_told(refused: Invoke, command: list[str], scheme: str) -> None:
    """A kind of URL that is not known ends with 2 and names those that are."""
    answer = refused("--url", f"{scheme}://ann:{SECRET}@h/0", *command)
    answer.fails(2, "sqlite:///FILE, postgresql://HOST/NAME, mysql://HOST/NAME or redis://HOST")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "postgresql://ann:%s@[::1/app",
        "postgresql://ann:%s@h:port/app",
        "sqlite:",
        "://",
        "postgresql://ann:%s",
    ],
)
def test_a_url_that_cannot_be_read_is_told(refused: Invoke, url: str) -> None:
    """A URL with something missing or wrong in it ends in one line, whatever it is."""
    answer = refused("discover", url.replace("%s", SECRET) or " ")
    assert answer.code in {2, 3, 4}
    assert answer.err.count("\n") == 1
    assert "fault of the program" not in answer.err


@pytest.mark.parametrize("password", ["p@" + SECRET, SECRET + "/x", "a:" + SECRET, SECRET + "%40", SECRET + "?y=1"])
def test_a_password_with_signs_in_it_is_hidden_too(refused: Invoke, closed_port: int, password: str) -> None:
    """A password that should have been encoded is still not repeated."""
    for command in (["stats"], ["discover"], ["migrate"]):
        answer = refused("--url", f"postgresql://ann:{password}@127.0.0.1:{closed_port}/app", *command)
        assert answer.code in {2, 3}
        assert answer.err.count("\n") == 1


def _with_login(url: str, user: str, password: str) -> str:
    scheme, rest = url.split("://", 1)
    return f"{scheme}://{user}:{password}@{rest.rsplit('@', 1)[-1]}"
