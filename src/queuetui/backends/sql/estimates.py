"""How many rows a database supposes that a table has, which costs it no look at the table."""

from __future__ import annotations

from sqlalchemy import Connection, FromClause, TableClause, text

# A partitioned table has no number of its own before somebody asked for one: its partitions have.
_POSTGRESQL = text(
    "SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(:written) "
    "OR c.oid IN (SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = to_regclass(:written))"
)
# Where nobody analysed a table, its size tells: rows of 200 bytes.
_POSTGRESQL_PAGES = text(
    "SELECT sum(greatest(c.reltuples, 0))::bigint, sum(pg_relation_size(c.oid)) / 200 "
    "FROM pg_partition_tree(to_regclass(:written)) one JOIN pg_catalog.pg_class c ON c.oid = one.relid"
)
_MYSQL = text(
    "SELECT table_rows FROM information_schema.tables WHERE table_schema = coalesce(:schema, database()) AND table_name = :name"
)


def estimate_rows(connection: Connection, rows: FromClause) -> int:
    """Return about how many rows there are; 0 where the database does not know."""
    dialect = connection.dialect.name
    if not isinstance(rows, TableClause) or dialect == "sqlite":
        return 0
    written = connection.dialect.identifier_preparer.format_table(rows)
    asked = {"written": written} if dialect == "postgresql" else {"schema": rows.schema, "name": rows.name}
    supposed = connection.execute(_POSTGRESQL if dialect == "postgresql" else _MYSQL, asked).scalar()
    return int(supposed or 0)


def suppose_rows(connection: Connection, rows: TableClause) -> int:
    """Return about how many rows a PostgreSQL table has, analysed or not; 0 for one without pages."""
    written = connection.dialect.identifier_preparer.format_table(rows)
    known, guessed = connection.execute(_POSTGRESQL_PAGES, {"written": written}).one()
    return int(known or guessed or 0)
