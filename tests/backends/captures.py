"""Loads SQL captures of other systems' queues into empty databases."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.backends.sql.mysql_driver import DriverConnection
from queuetui.model.limits import Limits
from queuetui.model.state import State

FIXTURES = Path(__file__).parent.parent / "fixtures"
_EVERY_SCHEMA = (
    "select set_config('search_path', string_agg(quote_ident(nspname), ',' order by nspname <> 'public', nspname), false) "
    r"from pg_namespace where nspname not like 'pg\_%' and nspname <> 'information_schema'"
)
_STATEMENT_END = re.compile(r";\n")
# What pg_dump writes for psql alone, and rows that it does not write as statements.
_FOR_PSQL = re.compile(r"^\\(un)?restrict .*$", re.MULTILINE)
_COPIED = re.compile(r"^(COPY [^\n]+ FROM stdin);\n(.*?)^\\\.$", re.MULTILINE | re.DOTALL)

# The truth's words and ours; a capture cannot tell a running job from a stuck one.
STATE_OF_WORD = {
    "waiting": State.PENDING,
    "delayed": State.SCHEDULED,
    "running": State.PROCESSING,
    "stuck": State.PROCESSING,
    "lost": State.PROCESSING,
    "aborted": State.CANCELLED,
    "retrying": State.RETRYING,
    "failed": State.FAILED,
    "completed": State.COMPLETED,
    "cancelled": State.CANCELLED,
    "blocked": State.BLOCKED,
}


@dataclass(frozen=True)
class Capture:
    """One capture in a database of its own: how to open it and what is true of it."""

    kind: str
    url: str
    truth: dict[str, Any]
    opened: list[Backend] = field(default_factory=list)
    kept: dict[float, Backend] = field(default_factory=dict)

    @property
    def captured_at(self) -> datetime:
        """The time that the capture is judged by."""
        return datetime.fromtimestamp(self.truth["captured_at"], UTC)

    @property
    def stored(self) -> dict[str, dict[str, Any]]:
        """The jobs that are in the capture, by id."""
        return {job_id: job for job_id, job in self.truth["jobs"].items() if job["stored"]}

    def open(self, after_s: float = 0, limits: Limits | None = None, **settings: str) -> Backend:
        """Open the backend with its clock fixed so many seconds after the capture."""
        options = BackendOptions(
            name=self.kind,
            kind=self.kind,
            limits=limits or Limits(),
            settings={f"{self.kind}.{name}": value for name, value in settings.items()},
            now=self.captured_at + timedelta(seconds=after_s),
        )
        self.opened.append(open_backend(self.url, options))
        return self.opened[-1]

    def look(self, after_s: float) -> Backend:
        """Return the backend so many seconds after the capture, the same one for all tests that only read."""
        if after_s not in self.kept:
            self.kept[after_s] = self.open(after_s)
        return self.kept[after_s]

    def close(self) -> None:
        """Close every backend that was opened."""
        self.kept.clear()
        while self.opened:
            self.opened.pop().close()


def load_capture(kind: str, folder: str, store: str, url: str) -> Capture:
    """Load `dump.STORE.sql` of a fixture folder into the empty database at a URL."""
    dump = (FIXTURES / folder / f"dump.{store}.sql").read_text(encoding="utf-8")
    run_script(url, dump)
    truth = json.loads((FIXTURES / folder / f"truth.{store}.json").read_text(encoding="utf-8"))
    return Capture(kind, url, truth)


def run_script(url: str, script: str) -> None:
    """Run the statements of a dump, each as its store's own client would."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        with sqlite3.connect(sqlite_path(url)) as connection:
            connection.executescript(script)
        connection.close()
    elif scheme.startswith("postgres"):
        parts = [*_COPIED.split(_FOR_PSQL.sub("", script)), "", ""]
        with psycopg.connect(url, autocommit=True) as server:
            for statements, copy, rows in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
                server.execute(statements.encode())
                if copy:
                    with server.cursor().copy(copy.encode()) as table:
                        table.write(rows)
    else:
        with connect_mysql(url) as mysql, mysql.cursor() as cursor:
            for statement in filter(None, map(str.strip, _STATEMENT_END.split(script))):
                cursor.execute(statement)


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement past the backend under test and return its rows."""
    return query_each(url, [statement])[0]


def query_each(url: str, statements: Iterable[str]) -> list[list[tuple[Any, ...]]]:
    """Run statements in one session past the backend under test and return the rows of each."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        with closing(sqlite3.connect(sqlite_path(url), timeout=5)) as connection, connection:
            return [connection.execute(one).fetchall() for one in statements]
    if scheme.startswith("postgres"):
        with psycopg.connect(url) as server:
            # A product's tables may be in any schema.
            server.execute(_EVERY_SCHEMA)
            cursors = (server.execute(one.encode()) for one in statements)
            return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
    with connect_mysql(url) as mysql, mysql.cursor() as found:
        return [list(found.fetchall()) for one in statements if found.execute(one) is not None]


def table_names(url: str) -> list[str]:
    """Return the tables of a database, each as a statement names it."""
    names = {
        "sqlite": "select name from sqlite_master where type = 'table'",
        "mysql": "show tables",
        "postgresql": "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables "
        "where schemaname not in ('pg_catalog', 'information_schema')",
    }
    return [name for (name,) in query(url, names[urlsplit(url).scheme.partition("+")[0]])]


def connect_mysql(url: str) -> pymysql.Connection[Any]:
    """Open a plain connection to MariaDB or MySQL that commits by itself."""
    parts = urlsplit(url)
    return DriverConnection(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
        charset="utf8mb4",
        autocommit=True,
    )


def sqlite_path(url: str) -> str:
    """Return the file of an SQLite URL."""
    return url.removeprefix("sqlite:///")
