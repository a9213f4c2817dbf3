"""Laravel's three tables as statements name them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Table, Text, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from queuetui.backends.foreign.laravel.table_sets import TableSet
from queuetui.backends.sql.catalog import Catalog, StoredTable, describe_unreadable
from queuetui.backends.sql.stored_types import Holds, as_table, holds
from queuetui.backends.tables.codecs import WHOLE, Codec, key_codec

# What keeps a payload as a document, and not as its text.
_DOCUMENTS: dict[str, TypeEngine[Any]] = {"postgresql": postgresql.JSON(), "mysql": JSON()}
# Names are compared as the texts that payloads have, whatever their columns hold.
_NAMES: dict[Holds, TypeEngine[Any]] = {Holds.BYTES: Text(), Holds.UUID: Uuid(as_uuid=False)}


@dataclass(frozen=True)
class Tables:
    """A set of tables as statements name them, None for one that cannot be read; `catalog` has all."""

    found: TableSet
    catalog: Catalog

    @property
    def dialect(self) -> str:
        """The database's language."""
        return self.catalog.dialect

    @cached_property
    def jobs(self) -> Table | None:
        """What waits or runs."""
        return self._name(self.found.jobs)

    @cached_property
    def failed(self) -> Table | None:
        """What was given up; tables of Laravel 7 and older have no uuid."""
        return self._name(self.found.failed)

    @cached_property
    def batches(self) -> Table | None:
        """The batches."""
        return self._name(self.found.batches)

    def codec(self, at: Column[Any]) -> Codec:
        """Return how a row's id stands in its column."""
        if isinstance(at.type, BigInteger):
            return WHOLE
        stored = next(one for one in self.found.parts if (one.schema, one.name) == (at.table.schema, at.table.name))
        return key_codec(stored.columns[at.name], self.dialect)

    @property
    def jobs_absent(self) -> str:
        """Why there is no table of what waits or runs."""
        return self._why_absent("jobs", self.found.jobs)

    @property
    def failed_absent(self) -> str:
        """Why there is no table of what was given up."""
        return self._why_absent("failed_jobs", self.found.failed)

    @property
    def unseen(self) -> str:
        """Why there may be unseen jobs: MySQL alone names no table without a grant, SQLite has no grants."""
        is_closed = any(one is not None and not one.is_readable for one in (self.found.jobs, self.found.failed))
        return (self.jobs_absent or self.failed_absent) if is_closed or self.dialect == "mysql" else ""

    @property
    def folds_queues(self) -> bool:
        """Whether Mail and mail are one queue."""
        read = (one for one in (self.found.jobs, self.found.failed) if one is not None and one.is_readable)
        return any(one.columns["queue"].folds for one in read)

    @property
    def may_share_uuid(self) -> bool:
        """Whether no index keeps two failed rows from having one uuid."""
        failed = self.found.failed
        return failed is not None and "uuid" in failed.columns and not failed.is_unique(frozenset({"uuid"}))

    def _name(self, one: StoredTable | None) -> Table | None:
        if one is None or not one.is_readable:
            return None
        named, ids, payload = as_table(one, self.dialect), one.columns["id"], one.columns.get("payload")
        for stored in one.columns.values():
            is_name = stored.name != "id" or one is self.found.batches
            if is_name and holds(stored) in _NAMES and self.dialect != "sqlite":
                named.append_column(Column(stored.name, _NAMES[holds(stored)]), replace_existing=True)
        # SQLite numbers rows in a column of no type, too.
        if not ids.stored or holds(ids) is Holds.NUMBER:
            named.append_column(Column("id", BigInteger), replace_existing=True)
        if payload is not None and holds(payload) is Holds.JSON and not isinstance(named.c.payload.type, JSON):
            named.append_column(Column("payload", _DOCUMENTS.get(self.dialect, Text())), replace_existing=True)
        return named

    def _why_absent(self, usual: str, one: StoredTable | None) -> str:
        if one is None:
            hidden = ", or this user may not read it; grant SELECT on it if it is there"
            return f"no {usual} table was found in this database" + (hidden if self.dialect == "mysql" else "")
        return describe_unreadable([one])


def is_numbered(rows: Table) -> bool:
    """Tell whether the ids of rows are numbers, which grow with time."""
    return isinstance(rows.c.id.type, BigInteger)
