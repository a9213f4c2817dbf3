"""A table of PostgreSQL as statements name it, with the types that its catalog says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Integer, LargeBinary, MetaData, Numeric, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, ENUM, INTERVAL, JSON, JSONB
from sqlalchemy.types import TypeEngine

from queuetui.backends.sql.catalog import StoredColumn, StoredTable

_TYPES: Mapping[str, Any] = {
    "smallint": Integer,
    "integer": Integer,
    "bigint": BigInteger,
    "numeric": Numeric,
    "boolean": Boolean,
    "uuid": Uuid,
    "json": JSON,
    "jsonb": JSONB,
    "bytea": LargeBinary,
    "interval": INTERVAL,
    "timestamp with time zone": DateTime(timezone=True),
    "timestamp without time zone": DateTime,
}
_ENUM = re.compile(r'(?:"?(?P<schema>[^"]+?)"?\.)?"?(?P<name>[^".]+)"?')


def as_table(stored: StoredTable) -> Table:
    """Return a table with all of its columns; what has a type of its own that is no enum is text."""
    columns = [Column(one.name, _type(one)) for one in stored.columns.values()]
    return Table(stored.name, MetaData(schema=stored.schema), *columns)


def _type(column: StoredColumn) -> TypeEngine[Any]:
    if column.labels is None:
        single: Any = _TYPES.get(column.stored.removesuffix("[]"), Text)
        return ARRAY(single) if column.stored.endswith("[]") else single() if isinstance(single, type) else single
    named = _ENUM.fullmatch(column.stored)
    name, schema = (column.stored, None) if named is None else named.group("name", "schema")
    return ENUM(*column.labels, name=name, schema=schema, create_type=False)
