"""Tells apart failed jobs of one uuid: where more than one row has it, each is named by its row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, TableClause, func, select
from sqlalchemy.exc import DBAPIError

from queuetui.backends.foreign.laravel.rows import FailedRow, Row, is_uuid, job_id_of
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.catalog import read_catalog
from queuetui.model.job import Job

_LOOK_S = 0.1


@dataclass(slots=True)
class Duplicates:
    """What uuids are shared by rows; failed_jobs is not asked where an index says that none is."""

    tables: Tables
    _may_share: bool | None = None

    def tell_apart(self, connection: Connection, rows: Sequence[Row], jobs: Sequence[Job]) -> list[Job]:
        """Return jobs, each made of its row, under ids that no other row has."""
        seen = Counter(job.ref.id for job in jobs)
        shared = {job_id for job_id, times in seen.items() if times > 1} | self._stored_twice(connection, rows)
        if not shared:
            return list(jobs)
        return [_by_row(row, job) if job.ref.id in shared else job for row, job in zip(rows, jobs, strict=True)]

    def _stored_twice(self, connection: Connection, rows: Sequence[Row]) -> set[str]:
        uuids = sorted({row.uuid for row in rows if isinstance(row, FailedRow) and row.uuid and is_uuid(row.uuid)})
        failed = self.tables.failed
        if not uuids or failed is None or not self._has_no_index(connection, failed):
            return set()
        counted = select(failed.c.uuid).where(failed.c.uuid.in_(uuids)).group_by(failed.c.uuid)
        found = fetch_within(connection, counted.having(func.count() > 1), _LOOK_S)
        return {str(one) for (one,) in found or ()}

    def _has_no_index(self, connection: Connection, failed: TableClause) -> bool:
        if self._may_share is None:
            self._may_share = self.tables.failed_has_uuid and not _is_unique(connection, failed)
        return self._may_share


def _by_row(row: Row, job: Job) -> Job:
    remark = (
        f"another row has its uuid {job.ref.id}, so it is named by its row; php artisan queue:retry would delete both"
    )
    return replace(job, ref=replace(job.ref, id=job_id_of(row, None)), remarks=(*job.remarks, remark))


def _is_unique(connection: Connection, failed: TableClause) -> bool:
    try:
        with connection.begin_nested():
            catalog = read_catalog(connection)
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False
    written = failed.name if failed.schema is None else f"{failed.schema}.{failed.name}"
    stored = catalog.find(written)
    return stored is not None and stored.is_unique(frozenset({"uuid"}))
