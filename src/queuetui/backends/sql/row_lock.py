"""Whose transaction has locked a row, read without waiting for it and without locking anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Table, Text, cast, func, literal_column, select, text

from queuetui.model.row_lock import RowLock
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

# Who may not see other users' sessions still sees that the transaction goes on.
_HOLDER = text(
    "select a.pid, a.usename, a.application_name, a.state, a.xact_start from (select txid_status(:whole) as status) as one "
    "left join pg_stat_activity a on a.backend_xid::text = :xid where one.status = 'in progress'"
)
_TURN = 2**32


def read_row_lock(connection: Connection, table: Table, where: ColumnElement[bool]) -> RowLock | None:
    """Return who holds a row locked, None where nobody does or the server does not tell.

    PostgreSQL alone tells. A lock that several share is not found.
    """
    if connection.dialect.name != "postgresql":
        return None
    name = connection.dialect.identifier_preparer.format_table(table)
    # The transaction that locked a row last stands in its xmax.
    xmax: ColumnElement[str] = literal_column(f"{name}.xmax::text", Text)
    asked = select(cast(xmax, BigInteger), func.txid_snapshot_xmax(func.txid_current_snapshot()))
    found = connection.execute(asked.select_from(table).where(where)).first()
    if found is None or not found[0]:
        return None
    row = connection.execute(_HOLDER, {"whole": _whole(*found), "xid": str(found[0])}).first()
    if row is None:
        return None
    user, application, state = (Untrusted(one) if one else None for one in (row[1], row[2], row[3]))
    return RowLock(row[0], user, application, state, row[4])


def _whole(xid: int, next_whole: int) -> int:
    """Return the number of a transaction with all turns of its 32 bits.

    It is at most half a turn from the next one.
    """
    whole = next_whole - next_whole % _TURN + xid
    return whole - _TURN if whole > next_whole + _TURN // 2 else whole
