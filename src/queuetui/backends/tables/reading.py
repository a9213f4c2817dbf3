"""One read of a product's tables: the transaction, the time that rows are judged by, and how jobs are named."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, DateTime, func, literal_column, select

from queuetui.backends.tables.source import Moment, Product
from queuetui.model.payload import SummaryPaths


@dataclass(frozen=True, slots=True)
class Reading:
    """What every part of a read needs."""

    connection: Connection
    product: Product
    moment: Moment
    backend: str
    summaries: SummaryPaths = field(default_factory=dict)

    @property
    def dialect(self) -> str:
        """The database's language."""
        return self.connection.dialect.name


def read_now(connection: Connection, fixed: datetime | None = None) -> datetime:
    """Return the store's time; `fixed` is that of a capture."""
    if fixed is not None:
        return fixed
    dialect = connection.dialect.name
    if dialect == "postgresql":
        at: datetime = connection.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()
        return at.astimezone(UTC)
    clock = "utc_timestamp(6)" if dialect == "mysql" else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    wall: object = connection.execute(select(literal_column(clock))).scalar_one()
    read = wall if isinstance(wall, datetime) else datetime.fromisoformat(str(wall))
    return read.replace(tzinfo=UTC)
