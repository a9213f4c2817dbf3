"""What a MySQL or MariaDB server tells of its condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queuetui.model.examination import Check

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.native.sql.look.condition_reader import ConditionReader


def read_condition(reader: ConditionReader) -> dict[str, Any]:
    """Return the parts of an examination that this kind of server has."""
    return {
        "connections": reader.read(Check.CONNECTIONS, lambda connection, _: _count_connections(connection)),
        "packet_bytes": reader.read(Check.PACKET, lambda connection, _: _read_number(connection, "max_allowed_packet")),
    }


def _count_connections(connection: Connection) -> tuple[int, int]:
    used = connection.exec_driver_sql("show global status like 'Threads_connected'").one()[1]
    return int(used), _read_number(connection, "max_connections")


def _read_number(connection: Connection, setting: str) -> int:
    return int(connection.exec_driver_sql(f"select @@{setting}").scalar_one())
