"""The condition of a database that holds somebody else's queue: what serves it, and no more."""

from __future__ import annotations

from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.model.examination import Examination, HeldSnapshot
from queuetui.model.text import Untrusted

_VERSIONS = {
    "sqlite": "select sqlite_version()",
    "postgresql": "select current_setting('server_version')",
    "mysql": "select version()",
}
_PRODUCTS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mysql": "MySQL"}


class TablesExaminer:
    """Names the server; its settings are the affair of whoever runs the product."""

    def __init__(self, database: ConsoleDatabase) -> None:
        self._database = database

    def examine(self, held_s: float) -> Examination:
        """Return the server's product and version."""
        dialect = self._database.dialect
        with self._database.reading("reading the server's version") as connection:
            version = str(connection.exec_driver_sql(_VERSIONS[dialect]).scalar_one())
        product = "MariaDB" if "mariadb" in version.lower() else _PRODUCTS[dialect]
        return Examination(product, Untrusted(version))

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Return nothing: what is held open is told of our own queue only."""
        return ()
