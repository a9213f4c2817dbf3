"""The condition of a database that holds somebody else's queue: what serves it, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.examiner import Examiner
from queuetui.backends.sql.condition import OLDEST, count_connections, is_supported, read_version
from queuetui.backends.sql.table_condition import read_table_condition
from queuetui.model.examination import Examination
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from pathlib import Path

    from queuetui.backends.sql.console_connection import ConsoleDatabase
    from queuetui.backends.tables.product import Product


class TablesExaminer(Examiner):
    """Names the server and its connections; its settings are the affair of whoever runs the product."""

    def __init__(self, database: ConsoleDatabase, product: Product) -> None:
        self._database = database
        self._product = product

    def examine(self, held_s: float) -> Examination:
        """Return the server's product and version, its connections, and how the tables are."""
        with self._database.reading("reading the server's version") as connection:
            product, version = read_version(connection)
            connections = count_connections(connection)
            tables = read_table_condition(connection, self._product.has_table, self._file)
        return Examination(
            product,
            Untrusted(version),
            oldest=".".join(map(str, OLDEST[product])),
            supported=is_supported(product, version),
            connections=connections,
            tables=tables,
        )

    @property
    def _file(self) -> Path | None:
        return self._database.address.path if self._database.dialect == "sqlite" else None
