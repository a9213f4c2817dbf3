"""What is added to the jobs of one read at once: ids of their own, labels of models, batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, select

from queuetui.backends.foreign.laravel.jobs import MESSAGE, JobReader, read_message
from queuetui.backends.foreign.laravel.models import ModelLabels, add_labels
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.payloads.laravel_payload import is_uuid
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables.source import ReadRow
from queuetui.model.job import Job
from queuetui.model.text import sanitize

_LOOK_S = 0.1
_NAME_CHARS = 60
_COUNTERS = ("total_jobs", "pending_jobs", "failed_jobs")


class Completer:
    """Completes the jobs of one application."""

    def __init__(self, tables: Tables, reader: JobReader) -> None:
        self._tables, self._reader = tables, reader
        home = tables.jobs if tables.jobs is not None else tables.failed
        self._models = None if home is None else ModelLabels(reader.settings, tables.catalog, home)

    def complete(self, connection: Connection, read: Sequence[tuple[ReadRow, Job]]) -> list[Job]:
        """Return the jobs with ids of their own, what people call their models, and their batches."""
        shared = self._shared_ids(connection, read)
        jobs = [_by_row(row, job) if job.ref.id in shared else job for row, job in read]
        rows = [row for row, _ in read]
        if not rows or rows[0].is_brief:
            return jobs
        return self._add_batches(connection, rows, self._name_models(connection, rows, jobs))

    def _shared_ids(self, connection: Connection, read: Sequence[tuple[ReadRow, Job]]) -> set[str]:
        """Return the uuids of more than one row; failed_jobs is not asked where an index says that none is."""
        seen = Counter(job.ref.id for _, job in read)
        shared = {job_id for job_id, times in seen.items() if times > 1}
        failed = self._tables.failed
        uuids = sorted({str(row["uuid"]) for row, _ in read if is_uuid(row.get("uuid"))})
        if failed is None or not uuids or not self._tables.may_share_uuid:
            return shared
        counted = select(failed.c.uuid).where(failed.c.uuid.in_(uuids)).group_by(failed.c.uuid)
        found = fetch_within(connection, counted.having(func.count() > 1), _LOOK_S)
        return shared | {str(one) for (one,) in found or ()}

    def _name_models(self, connection: Connection, rows: Sequence[ReadRow], jobs: list[Job]) -> list[Job]:
        """Put what people call models in place of ids in the data column."""
        named = {place: read_message(row) for place, row in enumerate(rows) if "ModelIdentifier" in row[MESSAGE]}
        subjects = {place: payload.subject for place, payload in named.items()}
        documents = {place: subject for place, subject in subjects.items() if subject is not None}
        found = self._models.find(connection, documents.values()) if documents and self._models is not None else {}
        for place, document in documents.items() if found else ():
            add_labels(document, found)
            jobs[place] = replace(jobs[place], data=self._reader.data(named[place]))
        return jobs

    def _add_batches(self, connection: Connection, rows: Sequence[ReadRow], jobs: list[Job]) -> list[Job]:
        batches = self._tables.batches
        if batches is None or len(rows) != 1:
            return jobs
        batch_id = read_message(rows[0]).batch_uuid
        if batch_id is None:
            return jobs
        told = (batches.c[name] for name in ("name", "cancelled_at", "finished_at", *_COUNTERS))
        found = connection.execute(select(*told).where(batches.c.id == batch_id)).mappings().first()
        if found is None:
            return jobs
        name = sanitize(str(found["name"]), _NAME_CHARS)
        state = "cancelled" if found["cancelled_at"] else "finished" if found["finished_at"] else "open"
        counts = [sanitize(str(found[column]), _NAME_CHARS) for column in _COUNTERS]
        said = f"its batch {name!r} is {state}: {counts[0]} jobs, {counts[1]} pending, {counts[2]} failures counted"
        return [replace(jobs[0], remarks=(*jobs[0].remarks, said))]


def _by_row(row: ReadRow, job: Job) -> Job:
    remark = (
        f"another row has its uuid {job.ref.id}, so it is named by its row; php artisan queue:retry would delete both"
    )
    return replace(job, ref=replace(job.ref, id=row.name), remarks=(*job.remarks, remark))
