"""Where Laravel's jobs are read from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, TableClause

from queuetui.backends.foreign.laravel.duplicates import Duplicates
from queuetui.backends.foreign.laravel.filters import TableFilter
from queuetui.backends.foreign.laravel.jobs import JobReader
from queuetui.backends.foreign.laravel.models import ModelLabels
from queuetui.backends.foreign.laravel.rows import FAILED, JOBS, Row
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.model.job import Job
from queuetui.model.limits import Limits

# How much of a text is read for a page.
HEAD_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Source:
    """Where pages are read from: the tables, an open transaction on them and the reader of its rows."""

    connection: Connection
    tables: Tables
    reader: JobReader
    limits: Limits
    models: ModelLabels | None = None
    shared: Duplicates | None = None

    def name_all(self, rows: Sequence[Row], jobs: Sequence[Job]) -> list[Job]:
        """Return jobs, each made of its row, under ids of their own and with what people call their models."""
        told = list(jobs) if self.shared is None else self.shared.tell_apart(self.connection, rows, jobs)
        return told if self.models is None else self.reader.name_models(rows, told, self.models, self.connection)

    @property
    def dialect(self) -> str:
        """The name of the database's dialect."""
        return self.connection.dialect.name

    def named_tables(self, asked: TableFilter) -> dict[str, tuple[TableClause, ColumnElement[bool]]]:
        """Return the tables that may hold a match, each with its condition."""
        found = {JOBS: (self.tables.jobs, asked.jobs), FAILED: (self.tables.failed, asked.failed)}
        return {name: (rows, where) for name, (rows, where) in found.items() if rows is not None and where is not None}
