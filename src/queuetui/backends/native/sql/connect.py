"""Chooses the database that a URL names, and how a console opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.sql.driver_errors import translated

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.native.sql.database import Database
    from queuetui.backends.sql.console_connection import ConsoleDatabase


def connect_database(url: str, options: BackendOptions) -> Database:
    """Return the database of a URL, unconnected; raises NotFound for an SQLite file that is absent."""
    database = _choose(url, options)
    database.console_opener = _open_console
    return database


def _choose(url: str, options: BackendOptions) -> Database:
    if url.lower().startswith("sqlite"):
        from queuetui.backends.native.sql.sqlite.database import SqliteDatabase

        return SqliteDatabase(url, options)
    if url.lower().startswith(("mysql", "mariadb")):
        from queuetui.backends.native.sql.mysql.database import MysqlDatabase

        return MysqlDatabase(url, options)
    from queuetui.backends.native.sql.postgresql.database import PostgresqlDatabase

    return PostgresqlDatabase(url, options)


def _open_console(url: str, options: BackendOptions) -> ConsoleDatabase:
    with translated("loading SQLAlchemy"):
        from queuetui.backends.sql.console_connection import open_database

    return open_database(url, options.statement_timeout_s, options.connect_timeout_s)
