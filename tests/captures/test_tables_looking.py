"""Looking at a database: what is sent only reads, by the server's own log or SQLite's own trace; tables may lack something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import finders_in, scheme_of
from queuetui.backends.sql.catalog import Catalog, look_into
from tests.backends.captures import Capture, connect_mysql
from tests.captures.conftest import Folder
from tests.captures.reads import read_early_and_late

CORE = "tables"
READS = frozenset(
    {"select", "with", "show", "set", "begin", "start", "commit", "rollback", "pragma", "savepoint", "release"}
)
# Within a WITH or a SELECT: rows that are written or locked, and functions that change something.
WRITES = re.compile(
    r"\b((insert|replace)\s+into|update\s+\S+\s+set|delete\s+from|for\s+(no\s+key\s+)?(update|share)|nextval|into\s+outfile|pg_notify|set\s+global|journal_mode\s*=)\b",
    re.IGNORECASE,
)
LOGGED = re.compile(r"LOG:  (?:statement|execute [^:]+): (.*(?:\n\t.*)*)")
TEXTS = re.compile(r"'(?:[^'\\]|''|\\.)*'", re.DOTALL)


@contextmanager
def logged_by_mysql(url: str) -> Iterator[list[str]]:
    """Collect what the general log of MariaDB says of the statements that were sent meanwhile."""
    seen: list[str] = []
    with connect_mysql(url) as server, server.cursor() as cursor:
        cursor.execute("set global log_output = 'TABLE'")
        cursor.execute("truncate mysql.general_log")
        cursor.execute("set global general_log = on")
        try:
            yield seen
        finally:
            cursor.execute("set global general_log = off")
            cursor.execute(
                "select convert(argument using utf8mb4) from mysql.general_log "
                "where command_type in ('Query', 'Execute') and thread_id <> connection_id()"
            )
            seen += [statement for (statement,) in cursor.fetchall()]


@contextmanager
def logged_by_postgresql(url: str) -> Iterator[list[str]]:
    """Collect what the log of PostgreSQL says of the statements that were sent to the database meanwhile."""
    name, seen = urlsplit(url).path.lstrip("/"), list[str]()
    with psycopg.connect(url, autocommit=True) as server:
        row = server.execute("select current_setting('data_directory')").fetchone()
        assert row is not None
        log = Path(row[0]).parent / "server.log"
        if not log.is_file():
            pytest.skip("the log of a server that these tests did not start is not known")
        start = log.stat().st_size
        server.execute(f"alter database \"{name}\" set log_statement = 'all'".encode())
        try:
            yield seen
        finally:
            server.execute(f'alter database "{name}" reset log_statement'.encode())
            seen += LOGGED.findall(log.read_bytes()[start:].decode(errors="replace"))


@contextmanager
def traced_by_sqlite(_url: str) -> Iterator[list[str]]:
    """Collect what SQLite's trace says of the statements of every connection that is opened meanwhile."""
    seen: list[str] = []

    def trace(connection: Any, _record: object) -> None:
        connection.set_trace_callback(seen.append)

    event.listen(Pool, "connect", trace)
    try:
        yield seen
    finally:
        event.remove(Pool, "connect", trace)


LOGS = {"sqlite": traced_by_sqlite, "mysql": logged_by_mysql, "postgresql": logged_by_postgresql}


@pytest.mark.usefixtures("forgotten_joins_fail")
def test_only_reading_statements_are_sent(loaded: Capture, folder: Folder) -> None:
    """Every read of the contract and of discovery sends no statement that writes, locks rows, makes anything or forgets a join.

    Nothing is changed.
    """
    before = folder.store.dump(loaded.url)
    with LOGS[urlsplit(loaded.url).scheme.partition("+")[0]](loaded.url) as seen:
        read_early_and_late(loaded, folder)
    assert folder.store.dump(loaded.url) == before
    # SQLite tells in comments what a statement does within.
    bare = [TEXTS.sub("''", one).strip() for one in seen if not one.startswith("--")]
    assert any(one.lower().startswith("select") and "from" in one.lower() for one in bare)
    writing = [one for one in bare if one.split(maxsplit=1)[0].lower().strip("(;") not in READS or WRITES.search(one)]
    assert not writing


def test_whatever_a_product_lacks_it_is_described_or_not_recognised(loaded: Capture) -> None:
    """Without any one of its tables or columns, of another version of it, no product fails the discovery of a whole database."""
    names = [f"queuetui.backends.foreign.{one}" for one in finders_in(scheme_of(loaded.url))]
    products = [name for name in names if hasattr(import_module(name), "recognise")]
    catalog = look_into(loaded.url, BackendOptions())
    whole = {name for name in products if import_module(name).recognise(catalog)}
    for lacking in _lacking_one(catalog):
        for name in whole:
            describe = import_module(f"{name.rpartition('.')[0]}.product").describe
            for tables in import_module(name).recognise(lacking):
                assert describe(tables, lacking, BackendOptions()).sources


def _lacking_one(catalog: Catalog) -> Iterator[Catalog]:
    """Return the catalog without each of its tables, and without each column of those."""
    for table in catalog.tables:
        rest = tuple(one for one in catalog.tables if one is not table)
        yield replace(catalog, tables=rest)
        for missing in table.columns:
            columns = {name: column for name, column in table.columns.items() if name != missing}
            yield replace(catalog, tables=(*rest, replace(table, columns=columns)))
