"""What a store of ours can do, and how safe its commits are."""

from __future__ import annotations

from typing import cast

from sqlalchemy import Connection, TextClause, text

from queuetui.backends.native.capabilities import native_capabilities
from queuetui.backends.native.sql.sqlite.capabilities import describe_file, durability_of
from queuetui.backends.sql.sqlite_file import FileConnection
from queuetui.model.capabilities import Capabilities
from queuetui.model.examination import Durability

_LABELS = {"postgresql": "PostgreSQL", "mysql": "MySQL"}
_OF_POSTGRESQL = text(
    "select current_setting('fsync') fsync, current_setting('full_page_writes') full_page_writes, "
    "current_setting('synchronous_commit') synchronous_commit, "
    "current_setting('synchronous_standby_names') synchronous_standby_names, (select count(*) from pg_stat_replication) replicas"
)
_OF_MYSQL = text(
    "select @@innodb_flush_log_at_trx_commit innodb_flush_log_at_trx_commit, @@log_bin log_bin, "
    "@@sync_binlog sync_binlog, @@innodb_doublewrite innodb_doublewrite"
)
# MariaDB's `fast` does not wait for the copy, and MySQL's DETECT_ONLY keeps none.
_WHOLE_PAGES = {"1", "ON", "DETECT_AND_RECOVER"}


def describe_capabilities(connection: Connection) -> Capabilities:
    """Return what the store can do."""
    if connection.dialect.name == "sqlite":
        return describe_file(_file_of(connection))
    return native_capabilities(f"queuetui on {_LABELS[connection.dialect.name]}", read_durability(connection).shown)


def read_durability(connection: Connection) -> Durability:
    """Return the store's grade and the settings that made it."""
    return _READERS[connection.dialect.name](connection)


def _read_sqlite(connection: Connection) -> Durability:
    return durability_of(_file_of(connection))


def _file_of(connection: Connection) -> FileConnection:
    return cast("FileConnection", connection.connection.dbapi_connection)


def _read_postgresql(connection: Connection) -> Durability:
    found = _settings(connection, _OF_POSTGRESQL)
    # Without whole pages a page that was torn by a power cut stays torn.
    if "off" in {found["fsync"], found["full_page_writes"]}:
        return Durability("C", found)
    if found["synchronous_commit"] == "off":
        return Durability("B", found, found["replicas"] != "0")
    # Then no commit is answered before another server has it too.
    if found["synchronous_standby_names"] and found["synchronous_commit"] != "local":
        return Durability("A+", found)
    return Durability("A", found, found["replicas"] != "0")


def _read_mysql(connection: Connection) -> Durability:
    found = _settings(connection, _OF_MYSQL)
    if found["innodb_doublewrite"].upper() not in _WHOLE_PAGES:
        return Durability("C", found)
    # Where there is a binary log, a commit that is not in it is undone after a crash.
    is_logged = found["log_bin"] == "0" or found["sync_binlog"] == "1"
    return Durability("A" if found["innodb_flush_log_at_trx_commit"] == "1" and is_logged else "B", found)


def _settings(connection: Connection, query: TextClause) -> dict[str, str]:
    row = connection.execute(query).mappings().one()
    return {str(name): str(value) for name, value in row.items()}


_READERS = {"sqlite": _read_sqlite, "postgresql": _read_postgresql, "mysql": _read_mysql}
