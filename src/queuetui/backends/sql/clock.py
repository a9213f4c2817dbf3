"""The database's own clock, and the zone of times that name none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

from sqlalchemy import Connection, text

_CLOCKS = {
    "postgresql": "SELECT clock_timestamp()",
    "mysql": "SELECT utc_timestamp(6)",
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
}
# A TIMESTAMP was turned from the server's zone into UTC when it was written; a DATETIME was not.
_MYSQL_SHIFT = text(
    "SELECT timestampdiff(SECOND, utc_timestamp(), convert_tz(utc_timestamp(), '+00:00', @@global.time_zone)) "
    "FROM information_schema.columns WHERE table_schema = coalesce(:schema, database()) AND table_name = :name "
    "AND column_name = :column AND data_type = 'timestamp'"
)


def read_clock(connection: Connection, fixed: datetime | None = None) -> datetime:
    """Return the store's time in UTC; `fixed` is that of a capture."""
    if fixed is not None:
        return fixed
    wall = connection.exec_driver_sql(_CLOCKS[connection.dialect.name]).scalar_one()
    read = wall if isinstance(wall, datetime) else datetime.fromisoformat(str(wall))
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def zone_as_read(
    connection: Connection, schema: str | None, table: str, column: str, zone: tzinfo, now: datetime
) -> tzinfo:
    """Return the zone in which a session in UTC reads a column's naive times, written in `zone`."""
    if connection.dialect.name != "mysql":
        return zone
    asked = {"schema": schema, "name": table, "column": column}
    shift_s = connection.execute(_MYSQL_SHIFT, asked).scalar_one_or_none()
    return _unshift(zone, shift_s, now) if shift_s else zone


def _unshift(zone: tzinfo, shift_s: int, now: datetime) -> tzinfo:
    """Return what is left of a zone after a server `shift_s` ahead of UTC turned its times into UTC."""
    left = (now.astimezone(zone).utcoffset() or timedelta()) - timedelta(seconds=shift_s)
    return timezone(left, str(zone))
