"""What a database says of its tables: columns, enums, indexes, estimated rows, what may be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from queuetui.backends.sql.driver_errors import translated
from queuetui.backends.sql.sqlite_address import is_file, read_address
from queuetui.backends.sql.sqlite_file import open_file
from queuetui.model.errors import NotFound
from queuetui.model.text import sanitize

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.base import BackendOptions

# Tables of every schema, also those without a grant, so that what may not be read is told from what is not there.
_POSTGRESQL_COLUMNS = (
    "SELECT n.nspname, c.relname, a.attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL), NOT a.attnotnull, "
    "(SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid), "
    "CASE WHEN t.typname = 'citext' OR to_jsonb(l) ->> 'collisdeterministic' = 'false' THEN '_ci' END, "
    "coalesce(to_jsonb(a) ->> 'attgenerated', '') <> '' OR to_jsonb(a) ->> 'attidentity' = 'a', "
    "pg_table_is_visible(c.oid), CASE WHEN has_schema_privilege(n.oid, 'USAGE') THEN concat_ws(',', "
    "CASE WHEN has_table_privilege(c.oid, 'SELECT') THEN 'select' END, CASE WHEN has_table_privilege(c.oid, 'INSERT') THEN 'insert' END, "
    "CASE WHEN has_table_privilege(c.oid, 'UPDATE') THEN 'update' END, CASE WHEN has_table_privilege(c.oid, 'DELETE') THEN 'delete' END) "
    "END, c.relrowsecurity AND row_security_active(c.oid), c.reltuples::bigint "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
    "LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation "
    "WHERE c.relkind IN ('r', 'p', 'v', 'f') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped "
    "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY n.nspname, c.relname, a.attnum"
)
_POSTGRESQL_INDEXES = (
    "SELECT n.nspname, c.relname, i.indexrelid::text, a.attname, i.indisunique AND i.indpred IS NULL "
    "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS part (attnum, place) "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = part.attnum "
    "WHERE i.indisvalid AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND part.place <= i.indnkeyatts "
    "ORDER BY n.nspname, c.relname, i.indexrelid, part.place"
)
# What extensions bring is none of a product's.
_POSTGRESQL_FUNCTIONS = (
    "SELECT n.nspname, p.proname, pg_get_function_identity_arguments(p.oid) "
    "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
    "WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' "
    "AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
)
# Only what this user has some right to is listed; a right to delete may be one to the whole database, which no table tells.
_MYSQL_COLUMNS = (
    "SELECT nullif(c.table_schema, database()), c.table_name, c.column_name, c.column_type, c.is_nullable = 'YES', NULL, "
    "c.collation_name, c.extra REGEXP '(VIRTUAL|STORED) GENERATED', c.table_schema = database(), "
    "concat(c.privileges, ',delete'), 0, t.table_rows "
    "FROM information_schema.columns c JOIN information_schema.tables t "
    "ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
    "WHERE c.table_schema = database() OR c.table_schema IN :schemas ORDER BY c.table_schema, c.table_name, c.ordinal_position"
)
_MYSQL_INDEXES = (
    "SELECT nullif(table_schema, database()), table_name, index_name, column_name, non_unique = 0 FROM information_schema.statistics "
    "WHERE table_schema = database() OR table_schema IN :schemas ORDER BY table_schema, table_name, index_name, seq_in_index"
)
_SQLITE_COLUMNS = (
    'SELECT NULL, one.name, info.name, info.type, NOT info."notnull" AND NOT info.pk, NULL, one.sql, info.hidden, 1, '
    "'select,insert,update,delete', 0, NULL FROM sqlite_master one JOIN pragma_table_xinfo(one.name) info "
    "WHERE one.type IN ('table', 'view') AND info.hidden <> 1 AND one.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY one.name, info.cid"
)
_SQLITE_INDEXES = (
    'SELECT NULL, one.name, list.name, part.name, list."unique" AND NOT list.partial '
    "FROM sqlite_master one JOIN pragma_index_list(one.name) list JOIN pragma_index_info(list.name) part WHERE one.type = 'table' "
    "UNION ALL SELECT NULL, one.name, 'rowid', info.name, 1 FROM sqlite_master one JOIN pragma_table_info(one.name) info "
    "WHERE one.type = 'table' AND info.pk = 1 AND upper(info.type) = 'INTEGER' "
    "AND (SELECT max(pk) FROM pragma_table_info(one.name)) = 1"
)
_STATEMENTS = {
    "postgresql": (_POSTGRESQL_COLUMNS, _POSTGRESQL_INDEXES, _POSTGRESQL_FUNCTIONS),
    "mysql": (_MYSQL_COLUMNS, _MYSQL_INDEXES),
    "mariadb": (_MYSQL_COLUMNS, _MYSQL_INDEXES),
    "sqlite": (_SQLITE_COLUMNS, _SQLITE_INDEXES),
}
_LOOKING = "looking for job queues"
_BUSY_S = 1.0
_NAME_CAP = 80
# A collation's name, and SQLite's definition of a table, where the column says it.
_FOLDING = r"_ci\b|_ci_|[^\w]{}\W[^,]*\bcollate\s+\W?nocase"
ALL_RIGHTS = frozenset({"select", "insert", "update", "delete"})
_MYSQL_LABEL = re.compile(r"'((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class StoredColumn:
    """A column; `stored` is its type as the database writes it, `labels` those of an enum.

    `folds`: to the database, texts that differ in their case only are one. `computed`: the database alone sets it.
    """

    name: str
    stored: str
    nullable: bool
    labels: tuple[str, ...] | None = None
    folds: bool = False
    computed: bool = False


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """An index; `columns` go up to its first expression; `is_unique` holds for every row of the table."""

    columns: tuple[str, ...]
    is_unique: bool


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table as the catalog knows it.

    `schema` is None in the database that the connection is at; `rows` is the server's own estimate, None where it has none.
    `rights` are what this user may do there: select, insert, update, delete. `hides_rows`: row security keeps some from it;
    `is_closed`: its schema may not be used, whatever the table's own grants are.
    """

    schema: str | None
    name: str
    columns: Mapping[str, StoredColumn]
    indexes: tuple[StoredIndex, ...] = ()
    rows: int | None = None
    is_visible: bool = True
    rights: frozenset[str] = ALL_RIGHTS
    hides_rows: bool = False
    is_closed: bool = False

    @property
    def is_readable(self) -> bool:
        """Whether this user may read it."""
        return "select" in self.rights

    @property
    def written(self) -> str:
        """The name as a person writes it: with the schema where the name alone does not reach the table."""
        return self.name if self.is_visible or self.schema is None else f"{self.schema}.{self.name}"

    def is_unique(self, columns: frozenset[str]) -> bool:
        """Tell whether no two rows agree in these columns."""
        return any(index.is_unique and frozenset(index.columns) <= columns for index in self.indexes)

    def leads(self, column: str) -> bool:
        """Tell whether an index begins with a column."""
        return any(index.columns[:1] == (column,) for index in self.indexes)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables of a database that this user can know of; `dialect` is sqlite, postgresql or mysql.

    `functions` are those of PostgreSQL, by schema, name and what each takes.
    """

    dialect: str
    tables: tuple[StoredTable, ...]
    functions: frozenset[tuple[str, str, str]] = frozenset()

    def find(self, written: str) -> StoredTable | None:
        """Return the table of a name, with its schema before a dot or else as it is visible."""
        visible = (table for table in self.tables if table.is_visible and table.name == written)
        placed = (table for table in self.tables if f"{table.schema}.{table.name}" == written)
        return next(visible, None) or next(placed, None)

    def beside(self, table: StoredTable, name: str) -> StoredTable | None:
        """Return the table of a name in the schema of another one."""
        return next((one for one in self.tables if one.schema == table.schema and one.name == name), None)

    def sets_with(self, needed: Mapping[str, Iterable[str]]) -> list[dict[str, StoredTable]]:
        """Return the tables, by name, of each schema that has every needed table and column."""
        schemas: dict[str | None, dict[str, StoredTable]] = {}
        for table in self.tables:
            schemas.setdefault(table.schema, {})[table.name] = table
        return [
            tables
            for tables in schemas.values()
            if all(name in tables and tables[name].columns.keys() >= {*columns} for name, columns in needed.items())
        ]


def describe_unreadable(tables: Iterable[StoredTable]) -> str:
    """Say which of the tables that were found this user may not read, nothing where it may read all."""
    unread = [one for one in tables if not one.is_readable]
    named = ", ".join(sanitize(one.written, _NAME_CAP) for one in unread)
    schemas = ", ".join(dict.fromkeys(sanitize(str(one.schema), _NAME_CAP) for one in unread if one.is_closed))
    if schemas:
        return f"this user may not read {named}; grant it USAGE on the schema {schemas}, and SELECT on what is in it"
    return f"this user may not read {named}; grant it SELECT on that" if unread else ""


def describe_hidden(tables: Iterable[StoredTable | None]) -> str:
    """Say which of the tables that were found keep rows from this user, nothing where none does."""
    hiding = [one.written for one in tables if one is not None and one.hides_rows]
    return (
        f"; row security keeps rows of {', '.join(hiding)} from this user, so figures may be too low" if hiding else ""
    )


def read_catalog(connection: Connection, schemas: Iterable[str] = ()) -> Catalog:
    """Read the tables of a database with columns and indexes; `schemas` are more ones of a MySQL server."""
    from sqlalchemy import bindparam, text

    dialect = connection.dialect.name
    among = {"schemas": sorted(schemas)} if dialect in ("mysql", "mariadb") else {}
    statements = [
        text(one).bindparams(*(bindparam(name, expanding=True) for name in among)) for one in _STATEMENTS[dialect]
    ]
    found = [connection.execute(statement, among).all() for statement in statements]
    return _assemble("mysql" if dialect == "mariadb" else dialect, *found)


def look_into(url: str, options: BackendOptions) -> Catalog:
    """Connect and read the catalog of a database once, by the driver alone.

    Raises NotFound for an SQLite file that is not there.
    """
    if url.lower().startswith("sqlite"):
        return _look_into_file(url)
    from queuetui.backends.sql.console_sessions import read_server

    places = (
        value.partition(":")[0]
        for name, value in options.settings.items()
        if name.endswith("_table") or ".model." in name
    )
    named = (place.rpartition(".")[0] for place in places)
    with closing(read_server(url, options)) as reader, reader.reading(_LOOKING) as connection:
        # A list without any name is none to the server; no schema has an empty one.
        among = {"schemas": (*filter(None, named), "")} if reader.dialect == "mysql" else None
        cursor = connection.cursor()
        found = []
        for statement in _STATEMENTS[reader.dialect]:
            cursor.execute(statement.replace(":schemas", "%(schemas)s") if among else statement, among)
            found.append(cursor.fetchall())
        return _assemble(reader.dialect, *found)


def _look_into_file(url: str) -> Catalog:
    path = read_address(url).path
    if not is_file(path):
        raise NotFound(f"there is no SQLite file {str(path)!r}; check the path in the URL")
    with translated(_LOOKING), closing(open_file(path, "ro", timeout=_BUSY_S)) as connection:
        columns, indexes = (connection.execute(statement).fetchall() for statement in _STATEMENTS["sqlite"])
    return _assemble("sqlite", columns, indexes)


def _assemble(dialect: str, columns: Iterable[Any], indexes: Iterable[Any], functions: Iterable[Any] = ()) -> Catalog:
    found = _gather_indexes(indexes)
    tables: dict[tuple[str | None, str], list[Any]] = {}
    for record in columns:
        tables.setdefault((record[0], str(record[1])), []).append(record)
    return Catalog(
        dialect,
        tuple(_table(place, records, found.get(place, ())) for place, records in tables.items()),
        frozenset((str(schema), str(name), str(takes)) for schema, name, takes in functions),
    )


def _table(place: tuple[str | None, str], records: list[Any], indexes: tuple[StoredIndex, ...]) -> StoredTable:
    *_, is_visible, rights, hides_rows, rows = records[0]
    columns = {str(record[2]): _column(*record[2:8]) for record in records}
    estimated = int(rows) if rows is not None and int(rows) >= 0 else None
    return StoredTable(
        *place,
        columns,
        indexes,
        estimated,
        bool(is_visible),
        ALL_RIGHTS & {*str(rights or "").split(",")},
        bool(hides_rows),
        is_closed=rights is None,
    )


def _column(
    name: str, stored: str, nullable: object, labels: Iterable[str] | None, collation: str | None, computed: object
) -> StoredColumn:
    if labels is None and stored.lower().startswith("enum("):
        labels = [label.replace("''", "'") for label in _MYSQL_LABEL.findall(stored)]
    folds = re.search(_FOLDING.format(re.escape(name)), collation or "", re.IGNORECASE) is not None
    return StoredColumn(name, stored, bool(nullable), None if labels is None else tuple(labels), folds, bool(computed))


def _gather_indexes(records: Iterable[Any]) -> dict[tuple[str | None, str], tuple[StoredIndex, ...]]:
    parts: dict[tuple[str | None, str], dict[str, list[Any]]] = {}
    for schema, table, index, column, is_unique in records:
        parts.setdefault((schema, str(table)), {}).setdefault(str(index), []).append((column, bool(is_unique)))
    return {place: tuple(_index(columns) for columns in found.values()) for place, found in parts.items()}


def _index(parts: list[Any]) -> StoredIndex:
    names = [column for column, _ in parts]
    leading = names[: names.index(None)] if None in names else names
    # Where a part is an expression, the plain columns alone are not unique.
    return StoredIndex(tuple(map(str, leading)), parts[0][1] and None not in names)
