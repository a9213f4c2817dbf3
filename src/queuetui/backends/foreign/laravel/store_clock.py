"""The database's clock in whole seconds, the unit that Laravel keeps its times in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, extract, func, select


def read_now_s(connection: Connection, fixed: datetime | None = None) -> int:
    """Return seconds since 1970 by the store; `fixed` is the time of a capture."""
    if fixed is not None:
        return int(fixed.timestamp())
    return int(connection.execute(select(_now(connection.dialect.name))).scalar_one())


def _now(dialect: str) -> ColumnElement[int]:
    if dialect == "postgresql":
        return cast(func.floor(extract("epoch", func.clock_timestamp())), BigInteger)
    if dialect == "mysql":
        return func.unix_timestamp()
    return cast(func.strftime("%s", "now"), BigInteger)
