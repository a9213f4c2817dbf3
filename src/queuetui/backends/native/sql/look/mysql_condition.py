"""Examines a MySQL or MariaDB server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queuetui.backends.sql.condition import count_connections, read_number
from queuetui.model.examination import Check

if TYPE_CHECKING:
    from queuetui.backends.native.sql.look.condition_reader import ConditionReader


def read_condition(reader: ConditionReader) -> dict[str, Any]:
    """Return the parts of an examination that this kind of server has."""
    return {
        "connections": reader.read(Check.CONNECTIONS, lambda connection, _: count_connections(connection)),
        "packet_bytes": reader.read(Check.PACKET, lambda connection, _: read_number(connection, "max_allowed_packet")),
    }
