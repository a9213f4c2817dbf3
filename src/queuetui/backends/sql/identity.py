"""What a database calls itself, so that two queues behind one address are told apart."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from queuetui.backends.sql.optional_reads import read_if_possible
from queuetui.model.identity import Identity

_POSTGRESQL = "select current_database() || ' ' || oid::text from pg_database where datname = current_database()"
_POSTGRESQL_CLUSTER = "select system_identifier::text from pg_control_system()"
_MYSQL = "select concat_ws(' ', @@hostname, @@port, @@datadir, database())"


def identify(connection: Connection) -> Identity:
    """Return the identity of the database that a connection is in.

    Its cluster's own number where the server tells it, else its place.
    """
    dialect = connection.dialect.name
    if dialect == "sqlite":
        return _identify_file(connection)
    if dialect == "postgresql":
        return Identity(f"postgresql {_cluster(connection)} {connection.exec_driver_sql(_POSTGRESQL).scalar_one()}")
    return Identity(f"mysql {connection.exec_driver_sql(_MYSQL).scalar_one()}")


def _cluster(connection: Connection) -> str:
    """Return the cluster's number, nothing where this user may not ask for it."""
    asked = read_if_possible(connection, lambda: connection.exec_driver_sql(_POSTGRESQL_CLUSTER).scalar_one())
    return "" if asked is None else str(asked)


def _identify_file(connection: Connection) -> Identity:
    listed = connection.exec_driver_sql("pragma database_list").all()
    path = next((str(file) for _, name, file in listed if name == "main"), "")
    try:
        inode = Path(path).stat().st_ino
    except OSError:
        inode = 0
    return Identity(f"sqlite {path} {inode}")
