"""The condition of a database that holds another product's queue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from queuetui.backends.examiner import Examiner
from queuetui.backends.sql.condition import count_connections, examine_server
from queuetui.backends.sql.table_condition import read_table_condition

if TYPE_CHECKING:
    from queuetui.backends.sql.console_connection import ConsoleDatabase
    from queuetui.backends.tables.product import Product
    from queuetui.model.examination import Examination


@dataclass(frozen=True)
class TablesExaminer(Examiner):
    """Examines the server and the tables; the server's settings are the affair of who runs the product."""

    database: ConsoleDatabase
    product: Product

    def examine(self, held_s: float) -> Examination:
        """Return the server's product and version, its connections, and how the tables are."""
        address = self.database.address
        file = address.path if self.database.dialect == "sqlite" else None
        with self.database.reading("reading the server's version") as connection:
            return replace(
                examine_server(connection),
                connections=count_connections(connection),
                tables=read_table_condition(connection, self.product.has_table, file),
            )
