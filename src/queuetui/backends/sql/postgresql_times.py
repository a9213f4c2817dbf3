"""Reads the times of PostgreSQL, which knows years before 1 and after 9999 and two infinities.

None may fail the rows around it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

from queuetui.model.clock import EARLIEST, LATEST

if TYPE_CHECKING:
    from psycopg.abc import AdaptContext


def register_times(connection: psycopg.Connection[Any]) -> None:
    """Let a connection read every time that the server can hold."""
    connection.adapters.register_loader("timestamptz", _Moment)
    connection.adapters.register_loader("timestamp", _LocalTime)


class _Time(Loader):
    """Reads a time as the driver does."""

    def __init__(self, oid: int, context: AdaptContext | None = None) -> None:
        super().__init__(oid, context)
        self._load = psycopg.adapters.get_loader(oid, Format.TEXT)(oid, context).load  # type: ignore[misc]  # it has one for each type


class _Moment(_Time):
    """Reads a time with a zone.

    One outside the calendar is its nearest end, so that the order of times stays.
    """

    def load(self, data: Buffer) -> datetime:
        """Return the time."""
        try:
            at: datetime = self._load(data)
            return at.astimezone(UTC)
        except (psycopg.DataError, OverflowError):
            written = bytes(data)
            # Years before 2 and after 9998 may leave the calendar by their zone alone.
            return EARLIEST if written.startswith((b"-", b"0001")) or written.endswith(b"BC") else LATEST


class _LocalTime(_Time):
    """Reads a time without a zone; one outside the calendar is absent."""

    def load(self, data: Buffer) -> datetime | None:
        """Return the time, None where there is none of it."""
        try:
            at: datetime = self._load(data)
        except psycopg.DataError:
            return None
        return at
