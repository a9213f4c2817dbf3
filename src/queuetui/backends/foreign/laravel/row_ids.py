"""The ids of rows, which are whole numbers or texts, and where a row stands among the others of its table."""

from __future__ import annotations

from typing import Any, TypeAlias
from urllib.parse import quote, unquote
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, TableClause, Text, Uuid, cast, false, func

from queuetui.backends.foreign.laravel.stored_types import HexBytes

RowId: TypeAlias = int | str

_LARGEST = 2**63


def read_id(stored: object) -> RowId:
    """Return an id as a row holds it."""
    if isinstance(stored, int):
        return stored
    text = stored.decode("utf-8", "replace") if isinstance(stored, bytes) else str(stored)
    return int(text) if text.isascii() and text.isdecimal() and str(int(text)) == text else text


def write_id(row_id: RowId) -> str:
    """Return an id in characters that any place can show.

    Letters, digits and hyphens stand for themselves.
    """
    return quote(str(row_id), safe="")


def is_numbered(rows: TableClause) -> bool:
    """Tell whether a table's ids are numbers, which grow with time, and not texts, whose order means nothing."""
    return isinstance(rows.c.id.type, BigInteger)


def has_id(rows: TableClause, written: str) -> ColumnElement[bool]:
    """Return the condition for the row whose id `write_id` wrote."""
    row_id = unquote(written)
    if is_numbered(rows):
        return rows.c.id == int(row_id) if row_id.isdecimal() and int(row_id) < _LARGEST else false()
    return rows.c.id == row_id if _is_bindable(rows.c.id.type, row_id) else false()


def position_of(rows: TableClause, dialect: str) -> ColumnElement[Any]:
    """Return the expression that tells where a row stands: its id, or behind its time where ids are texts."""
    if is_numbered(rows):
        return rows.c.id
    at = rows.c.failed_at if "failed_at" in rows.c else rows.c.created_at
    in_hex = isinstance(rows.c.id.type, HexBytes) and dialect != "postgresql"
    row_id = func.hex(rows.c.id, type_=Text()) if in_hex else cast(rows.c.id, Text())
    return func.coalesce(cast(at, Text()), "", type_=Text()) + "/" + row_id


def _is_bindable(kind: object, row_id: str) -> bool:
    """Tell whether a person's text can be an id of this type.

    The database would refuse the whole statement.
    """
    try:
        if isinstance(kind, HexBytes):
            bytes.fromhex(row_id)
        elif isinstance(kind, Uuid):
            UUID(row_id)
    except ValueError:
        return False
    return "\0" not in row_id
