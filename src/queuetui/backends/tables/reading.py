"""One read of a product's tables: its transaction, its time, and the names of jobs."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection

from queuetui.backends.tables.source import Moment, Product
from queuetui.model.payload import SummaryPaths


@dataclass(frozen=True, slots=True)
class Reading:
    """What every part of a read needs; `brief`: nobody looks into payloads and errors."""

    connection: Connection
    product: Product
    moment: Moment
    backend: str
    summaries: SummaryPaths = field(default_factory=dict)
    brief: bool = False

    @property
    def dialect(self) -> str:
        """The database's language."""
        return self.connection.dialect.name
