"""The description of PgQueuer: one table holds the jobs that have not ended.

The others are in its log, which has a row for each step.
"""

from __future__ import annotations

from collections.abc import Mapping

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.pgqueuer.changes import LoggedChanges
from queuetui.backends.foreign.pgqueuer.recognition import schedules_of
from queuetui.backends.foreign.pgqueuer.sources import JOB, JobsAndLog
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides
from queuetui.backends.tables.schedule_rows import find_schedules
from queuetui.model.act import Verb
from queuetui.model.state import PUT_OFF, WAITING, State

_SQL = "postgresql"
_LABELS = frozenset(["queued", "picked", "successful", "exception", "canceled", "deleted", "failed"])
_KNOWN = frozenset({"dedupe_key", "headers", "attempts", "slot"})
_ABSENT = {
    "max_attempts": "PgQueuer's limit of attempts is in the application's code",
    "lost": "PgQueuer does not count lost runs apart; a job's attempts tell them",
    "correlation_id": "PgQueuer's jobs carry no correlation id of their own; their headers may",
}
_REASONS: Mapping[Verb, str] = usual_reasons(
    "PgQueuer", events="PgQueuer always writes its log and keeps all of it",
    workers="PgQueuer registers no workers; a job that runs names the one that has it",
)  # fmt: skip
_OTHER = "this layout is not that of PgQueuer 1.6, so it is only read"
_WARNINGS = {
    Verb.CANCEL: "a job's row and payload are deleted; one that runs is told by NOTIFY and goes on if its code pays no heed",
    Verb.DELETE: "its row and payload are deleted, and only its record in the log is left",
    Verb.RELEASE: "if its worker still lives, the job runs twice, and whichever ends first deletes it",
}


def describe(found: tuple[StoredTable, StoredTable], catalog: Catalog, _: BackendOptions) -> Product:
    """Return the queue of a table of jobs, its log and its schedules, which make no jobs."""
    (stored, log), named = found, dict.fromkeys(("name", "type", "queue"), "entrypoint")
    kept = find_schedules(
        schedules_of(stored, catalog), _SQL, **named, timing="expression", next_at="next_run", last_at="last_run"
    )
    tables = JobsAndLog(as_table(stored, _SQL), as_table(log, _SQL), stored.columns["status"].labels or ())
    is_known = stored.columns.keys() >= _KNOWN and frozenset(tables.labels) == _LABELS
    return Product(
        "pgqueuer", "PgQueuer", (tables.jobs_left(), tables.records()),
        _changes(LoggedChanges(tables.jobs, tables.log)),
        tables=f"{stored.schema}.{stored.name}, {log.schema}.{log.name}", name=stored.written, absent=_ABSENT,
        reasons=_REASONS, warnings=_WARNINGS, cleanup=(), sides=Sides(schedules=kept),
    ).only_read("" if is_known else _OTHER)  # fmt: skip


def _changes(logged: LoggedChanges) -> tuple[Change, ...]:
    def due(locked: LockedRow) -> Mapping[str, object]:
        return {"execute_after": locked.moment.now, "updated": locked.moment.now}

    def again(locked: LockedRow) -> Mapping[str, object]:
        return {"status": "queued", "attempts": 0, "queue_manager_id": None, **due(locked)}

    def free(locked: LockedRow) -> Mapping[str, object]:
        return {"status": "queued", "queue_manager_id": None, "slot": None, "updated": locked.moment.now}

    def stays(locked: LockedRow) -> str:
        job, now = locked.job, locked.moment.now
        is_due = job.state is State.RETRYING and (job.scheduled_at or now) <= now
        return locked.row["rival"] or ("it is due already and waits for the next free worker" if is_due else "")

    running, failed = frozenset({State.PROCESSING}), frozenset({State.FAILED})
    release = logged.updating(free, "queued", only_stuck=True)
    return (
        Change(Verb.RETRY, JOB, failed, logged.updating(again, "queued"), refusal=stays),
        Change(Verb.RETRY, JOB, PUT_OFF, logged.updating(due), refusal=stays),
        Change(Verb.CANCEL, JOB, WAITING, logged.removing("canceled")),
        Change(Verb.CANCEL, JOB, running, logged.removing("canceled", tell=True), note=_WARNINGS[Verb.CANCEL]),
        Change(Verb.DELETE, JOB, failed, logged.removing("deleted")),
        Change(Verb.RELEASE, JOB, running, release, only_stuck=True, note=_WARNINGS[Verb.RELEASE]),
    )
