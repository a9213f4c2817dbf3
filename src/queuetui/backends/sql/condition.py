"""What a database server tells of its own condition, whoever's tables it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from queuetui.model.examination import Examination
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import Connection

# An older one may work, and nobody has looked.
OLDEST = {"PostgreSQL": (13, 0), "MySQL": (8, 0), "MariaDB": (10, 6), "SQLite": (3, 37)}
_VERSIONS = {
    "sqlite": "select sqlite_version()",
    "postgresql": "select current_setting('server_version')",
    "mysql": "select version()",
}
_PRODUCTS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}
# A session's user is empty for the server's own processes.
_CONNECTIONS = {
    "postgresql": "select (select count(*) from pg_stat_activity where datid is not null and usesysid is not null)::integer, "
    "current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer",
    "mysql": "show global status like 'Threads_connected'",
}


def read_version(connection: Connection) -> tuple[str, str]:
    """Return which product serves a database, and its version."""
    version = str(connection.exec_driver_sql(_VERSIONS[connection.dialect.name]).scalar_one())
    product = "MariaDB" if "mariadb" in version.lower() else _PRODUCTS[connection.dialect.name]
    return product, version


def examine_server(connection: Connection) -> Examination:
    """Return which server it is, and whether somebody has looked at queues on such a one."""
    product, version = read_version(connection)
    is_supported = tuple(int(part) for part in re.findall(r"\d+", version)[:2]) >= OLDEST[product]
    return Examination(product, Untrusted(version), ".".join(map(str, OLDEST[product])), is_supported)


def count_connections(connection: Connection) -> tuple[int, int] | None:
    """Return how many connections are in use and the most there may be, None where there is no server."""
    statement = _CONNECTIONS.get(connection.dialect.name)
    if statement is None:
        return None
    row = connection.exec_driver_sql(statement).one()
    if connection.dialect.name == "mysql":
        return int(row[1]), read_number(connection, "max_connections")
    return int(row[0]), int(row[1])


def read_number(connection: Connection, setting: str) -> int:
    """Return one of the numbers that a MySQL server is set to."""
    return int(connection.exec_driver_sql(f"select @@{setting}").scalar_one())
