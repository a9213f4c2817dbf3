"""What tables a database has, as far as this user may know."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Select, bindparam, column, func, literal, or_, select, table, text
from sqlalchemy.types import Boolean, String

from queuetui.backends.foreign.laravel.sqlite_catalog import COLUMNS

# Tables of every schema, also those without a grant, so that what may not be read is told from what is not there.
_POSTGRESQL = text(
    "SELECT n.nspname, c.relname, lower(a.attname) AS attname, "
    "format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL) AS stored, "
    "CASE WHEN t.typname = 'citext' OR to_jsonb(l) ->> 'collisdeterministic' = 'false' THEN '_ci' END AS collation, "
    "pg_table_is_visible(c.oid), "
    "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
    "LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation "
    "WHERE c.relkind IN ('r', 'p', 'v', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped "
    "AND lower(a.attname) = ANY(:wanted) AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
).bindparams(bindparam("wanted"))


# A collation's name, and SQLite's definition of a table, where the column says it.
_FOLDING = re.compile(r"_ci\b|_ci_|[^\w]queue\W[^,]*\bcollate\s+\W?nocase", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table as the database's catalog knows it.

    `schema` is None in the database that the connection is at.
    `types` says what each column is stored as, in the database's own words; `folds_queues` that names of queues which differ in
    their case only are one to it.
    """

    schema: str | None
    name: str
    columns: frozenset[str]
    is_visible: bool = True
    is_readable: bool = True
    types: Mapping[str, str] = field(default_factory=dict, compare=False)
    folds_queues: bool = False

    @property
    def written(self) -> str:
        """The name as a person writes it: with the schema where the name alone does not reach the table."""
        return self.name if self.is_visible else f"{self.schema}.{self.name}"


def read_catalog(connection: Connection, wanted: Iterable[str], schemas: Iterable[str]) -> tuple[CatalogTable, ...]:
    """Return the tables that have any of the wanted columns.

    `schemas` are further ones to look in, where a server has many databases.
    """
    dialect = connection.dialect.name
    if dialect == "postgresql":
        records = connection.execute(_POSTGRESQL, {"wanted": sorted(wanted)})
    elif dialect == "sqlite":
        records = connection.exec_driver_sql(COLUMNS)
    else:
        records = connection.execute(_mysql_query(schemas))
    found: dict[tuple[str | None, str, bool, bool], dict[str, str]] = {}
    folding = set()
    for schema, name, column_name, stored, collation, is_visible, is_readable in records:
        key = (None if schema is None else str(schema), str(name), bool(is_visible), bool(is_readable))
        found.setdefault(key, {})[str(column_name).lower()] = str(stored).lower()
        if str(column_name).lower() == "queue" and _FOLDING.search(str(collation)):
            folding.add(key)
    return tuple(
        CatalogTable(schema, name, frozenset(types), is_visible, is_readable, types, key in folding)
        for key, types in sorted(found.items(), key=lambda one: str(one[0]))
        for schema, name, is_visible, is_readable in (key,)
    )


def _mysql_query(schemas: Iterable[str]) -> Select[Any]:
    known = table(
        "columns",
        column("table_schema", String),
        column("table_name", String),
        column("column_name", String),
        column("data_type", String),
        column("collation_name", String),
        schema="information_schema",
    )
    is_here = known.c.table_schema == func.database()
    place = func.nullif(known.c.table_schema, func.database())
    described = (known.c.table_name, known.c.column_name, known.c.data_type, known.c.collation_name)
    columns = (place, *described, is_here, literal(True, Boolean()))
    return select(*columns).where(or_(is_here, known.c.table_schema.in_(sorted(schemas))))
