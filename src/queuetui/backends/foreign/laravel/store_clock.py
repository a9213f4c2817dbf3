"""The database's clock in whole seconds, the unit that Laravel keeps its times in."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, extract, func, select, text

from queuetui.backends.foreign.laravel.catalog import CatalogTable

# A TIMESTAMP was turned from the server's zone into UTC when it was written; a DATETIME was not.
_MYSQL_SHIFT = text(
    "SELECT timestampdiff(SECOND, utc_timestamp(), convert_tz(utc_timestamp(), '+00:00', @@global.time_zone)) "
    "FROM information_schema.columns WHERE table_schema = coalesce(:schema, database()) AND table_name = :name "
    "AND column_name = 'failed_at' AND data_type = 'timestamp'"
)


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


def zone_of_failed_at(connection: Connection, failed: CatalogTable | None, zone: tzinfo, now: datetime) -> tzinfo:
    """Return the zone of failed_at as a session in UTC reads it, where the application writes it in `zone`."""
    if failed is None or connection.dialect.name != "mysql":
        return zone
    shift_s = connection.execute(_MYSQL_SHIFT, {"schema": failed.schema, "name": failed.name}).scalar_one_or_none()
    return unshift(zone, shift_s, now) if shift_s else zone


def unshift(zone: tzinfo, shift_s: int, now: datetime) -> tzinfo:
    """Return what is left of a zone after a server that is `shift_s` ahead of UTC turned its times into UTC."""
    left = (now.astimezone(zone).utcoffset() or timedelta()) - timedelta(seconds=shift_s)
    return timezone(left, str(zone))
