"""What a database tells of the tables of a queue: rights, foreign keys, dead rows, room on the disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import BindParameter, bindparam, text

from queuetui.backends.sql.catalog import ALL_RIGHTS, Catalog, StoredTable, read_catalog
from queuetui.model.examination import DeadSpace, DiskRoom, ForeignKeys, TableCondition
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import Connection

# A foreign key whose own columns no index begins with makes each delete of a job read the whole table.
_POSTGRESQL_KEYS = text(
    "select con.conname, con.conrelid::regclass::text, con.convalidated, exists (select 1 from pg_index i "
    "where i.indrelid = con.conrelid and i.indisvalid and (i.indkey::int2[])[0:cardinality(con.conkey) - 1] @> con.conkey) "
    "from pg_constraint con where con.contype = 'f' and con.conparentid = 0 and exists (select 1 from pg_class c "
    "join pg_namespace n on n.oid = c.relnamespace where c.oid in (con.conrelid, con.confrelid) "
    "and n.nspname || '.' || c.relname = any(:names)) order by 2, 1"
)
_EXPANDING: BindParameter[tuple[str, ...]] = bindparam("names", expanding=True)
_MYSQL_KEYS = text(
    "select count(*) from information_schema.referential_constraints where constraint_schema = database() "
    "and (table_name in :names or referenced_table_name in :names)"
).bindparams(_EXPANDING)
_POSTGRESQL_DEAD = text(
    "select relid::regclass::text, n_live_tup, n_dead_tup from pg_stat_user_tables "
    "where schemaname || '.' || relname = any(:names) order by n_dead_tup desc, 1"
)
_MYSQL_DEAD = text(
    "select table_name, data_length, data_free from information_schema.tables "
    "where table_schema = database() and table_name in :names order by data_free desc, 1"
).bindparams(_EXPANDING)


_INDEXES = {
    "postgresql": "select c.relname from pg_class c join pg_index i on i.indexrelid = c.oid "
    "where i.indisvalid and pg_table_is_visible(c.oid)",
    "mysql": "select distinct index_name from information_schema.statistics where table_schema = database()",
    "sqlite": "select name from sqlite_master where type = 'index'",
}


def read_table_condition(
    connection: Connection,
    is_meant: Callable[[StoredTable], bool],
    file: Path | None,
    indexes: Sequence[str] | None = None,
) -> TableCondition:
    """Return how the tables of a queue are; `indexes` are those that ours should have, `file` is SQLite's."""
    catalog = read_catalog(connection)
    tables = [one for one in catalog.tables if is_meant(one)]
    return TableCondition(
        len(tables),
        missing_rights(tables, file),
        read_foreign_keys(connection, catalog, tables),
        read_dead_space(connection, tables),
        None if file is None else room_beside(file),
        None if indexes is None else (len(indexes), _missing_indexes(connection, indexes)),
    )


def _missing_indexes(connection: Connection, expected: Sequence[str]) -> tuple[str, ...]:
    there = {str(row[0]) for row in connection.exec_driver_sql(_INDEXES[connection.dialect.name])}
    return tuple(one for one in expected if one not in there)


def missing_rights(tables: Iterable[StoredTable], file: Path | None) -> dict[str, tuple[str, ...]]:
    """Return by table what this user may not do there; an SQLite file gives what its folder's rights give."""
    if file is not None and not os.access(file, os.W_OK):
        return {one.written: ("delete", "insert", "update") for one in tables}
    return {one.written: tuple(sorted(ALL_RIGHTS - one.rights)) for one in tables if one.rights != ALL_RIGHTS}


def read_foreign_keys(connection: Connection, catalog: Catalog, tables: Sequence[StoredTable]) -> ForeignKeys:
    """Return the foreign keys from and to the tables, and what is wrong with them."""
    if catalog.dialect == "sqlite":
        return _sqlite_keys(connection, catalog, {one.name for one in tables})
    if catalog.dialect == "mysql":
        # The server makes the index of a foreign key itself and takes none that does not hold.
        return ForeignKeys(int(connection.execute(_MYSQL_KEYS, {"names": _names(tables)}).scalar_one()))
    found = connection.execute(_POSTGRESQL_KEYS, {"names": [f"{one.schema}.{one.name}" for one in tables]}).all()
    return ForeignKeys(
        len(found),
        unchecked=tuple(Untrusted(f"{table}.{name}") for name, table, is_valid, _ in found if not is_valid),
        unindexed=tuple(Untrusted(f"{table}.{name}") for name, table, _, has_index in found if not has_index),
    )


def read_dead_space(connection: Connection, tables: Sequence[StoredTable]) -> tuple[DeadSpace, ...]:
    """Return what deleted rows still take, table by table; of an SQLite file as a whole."""
    if connection.dialect.name == "sqlite":
        pages, free, size = (
            int(connection.exec_driver_sql(f"pragma {name}").scalar_one())
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (DeadSpace(Untrusted("the file"), (pages - free) * size, free * size, "bytes"),)
    if connection.dialect.name == "postgresql":
        rows = connection.execute(_POSTGRESQL_DEAD, {"names": [f"{one.schema}.{one.name}" for one in tables]})
        return tuple(DeadSpace(Untrusted(name), int(live), int(dead), "rows") for name, live, dead in rows)
    rows = connection.execute(_MYSQL_DEAD, {"names": _names(tables)})
    return tuple(DeadSpace(Untrusted(name), int(used or 0), int(free or 0), "bytes") for name, used, free in rows)


def room_beside(file: Path) -> DiskRoom:
    """Return how much room the disk of a file has."""
    disk = shutil.disk_usage(file)
    return DiskRoom(disk.free, disk.total)


def _names(tables: Sequence[StoredTable]) -> tuple[str, ...]:
    """Return names for a list of them, which no server takes empty."""
    return tuple(one.name for one in tables) or ("",)


def _sqlite_keys(connection: Connection, catalog: Catalog, names: set[str]) -> ForeignKeys:
    keys = [key for table in catalog.tables for key in _keys_of(connection, table, names)]
    known = {one.name.lower() for one in catalog.tables}
    return ForeignKeys(
        len(keys),
        unchecked=tuple(Untrusted(f"{table.name}.{column}") for table, to, column in keys if to.lower() not in known),
        unindexed=tuple(Untrusted(f"{table.name}.{column}") for table, _, column in keys if not table.leads(column)),
    )


def _keys_of(connection: Connection, table: StoredTable, names: set[str]) -> Iterator[tuple[StoredTable, str, str]]:
    listed = connection.execute(
        text('select "table", "from" from pragma_foreign_key_list(:name) where seq = 0'), {"name": table.name}
    )
    for to, column in listed:
        if table.name in names or to in names:
            yield table, str(to), str(column)
