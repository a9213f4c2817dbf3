"""Empty stores of every kind that the suite runs over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from queuetui.backends.base import BackendOptions, NativeBackend
from queuetui.backends.registry import NATIVE, open_native
from tests.servers.mysql import connect_mysql

# No test of the suite is about how long a read may take, and a busy machine takes its time.
PATIENCE_S = 30.0
# Every backend named here is held to the whole suite.
KINDS = ("memory", "sqlite", "postgresql", "mysql", "redis")
KEPT_BRIEFLY = {"native.keep_completed": "0", "native.keep_cancelled": "0", "native.keep_failed": "0"}


@dataclass
class Store:
    """One store, empty at first, and the backends opened on it."""

    kind: str
    url: str
    opened: list[NativeBackend] = field(default_factory=list)

    def open(self, settings: dict[str, str] | None = None) -> NativeBackend:
        """Open a backend on the store, as another process would."""
        options = BackendOptions(
            name="shop", kind=NATIVE, create=True, settings=settings or {}, statement_timeout_s=PATIENCE_S
        )
        self.opened.append(open_native(self.url, options))
        return self.opened[-1]

    def close(self) -> None:
        """Close every backend opened here."""
        while self.opened:
            self.opened.pop().close()


@contextmanager
def fresh_store(kind: str, folder: Path, server_url: str | None) -> Iterator[Store]:
    """Give a store with nothing in it; all of one SQL server are one database, so only one is used at a time."""
    if kind in _EMPTY:
        assert server_url is not None
        _EMPTY[kind](server_url)
        store = Store(kind, server_url)
    elif kind == "redis":
        assert server_url is not None
        store = Store(kind, f"{server_url}?namespace={uuid4().hex}")
    elif kind == "sqlite":
        store = Store(kind, f"sqlite:///{folder / uuid4().hex}.db")
    else:
        store = Store(kind, f"memory://{uuid4().hex}")
    try:
        yield store
    finally:
        store.close()


def _empty_postgresql(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "select relname from pg_class where relname like 'queuetui_%' and relname <> 'queuetui_meta'"
            " and relkind in ('r', 'p') and not relispartition"
        ).fetchall()
        if found:
            names = sql.SQL(", ").join(sql.Identifier(name) for (name,) in found)
            connection.execute(sql.SQL("truncate {}").format(names))


def _empty_mysql(url: str) -> None:
    with connect_mysql(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select table_name from information_schema.tables where table_schema = database()"
            " and left(table_name, 9) = 'queuetui_' and table_name <> 'queuetui_meta'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"delete from {name}")


_EMPTY = {"postgresql": _empty_postgresql, "mysql": _empty_mysql}
