"""Changes jobs that are rows: each is locked, compared with what was seen, changed, read again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Connection, Executable, FromClause, Select, literal_column, select
from sqlalchemy.sql.util import find_tables

from queuetui.backends.base import BackendOptions
from queuetui.backends.reading.refusals import GONE, MOVED_ON, NOT_TRIED, UNSEEN, refuse_verb, why_unfit
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.backends.sql.driver_errors import translated
from queuetui.backends.tables.changes import table_of
from queuetui.backends.tables.moments import Reading, begin_reading
from queuetui.backends.tables.product import Change, Elsewhere, LockedRow, Product, RowPlace
from queuetui.backends.tables.rows import Record, find_row, read_row, select_rows
from queuetui.backends.tables.source import Column, Source
from queuetui.model.act import Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.errors import QueueTuiError, Stale, UnknownOutcome, Unreachable
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.stuck import runs_since

BATCH = 20
# An INSERT tells how many rows it made, too.
_COUNTED = {"preserve_rowcount": True}
_ALIVE = "so its worker may be alive"


@dataclass
class TablesOperator:
    """Acts on one queue of one product."""

    database: ConsoleDatabase
    product: Product
    options: BackendOptions
    # Is called after each transaction, whatever became of it.
    changed: Callable[[], None]

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Apply a verb to each target, 20 in a transaction; raises Unsupported for one not declared."""
        if act.verb not in self.product.capabilities.applies:
            raise refuse_verb(self.product.capabilities, act.verb, "jobs")
        results: list[Result] = []
        is_lost = False
        changes = [change for change in self.product.changes if change.verb is act.verb]
        # A rollback may leave such a job in the other store, so that each has its own transaction.
        size = 1 if any(change.put_elsewhere is not None for change in changes) else BATCH
        for batch in (targets[start : start + size] for start in range(0, len(targets), size)):
            if is_lost:
                results += [Result(target.ref, Outcome.FAILED, note=NOT_TRIED) for target in batch]
                continue
            found, is_lost = self._apply_batch(act, batch, limits)
            results += found
        return tuple(results)

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue as the product does; raises Unsupported where it cannot."""
        change = self.product.queue_changes.get(act.verb)
        if change is None:
            raise refuse_verb(self.product.capabilities, act.verb, "queues")
        try:
            with self.database.writing(f"to {act.verb.value} a queue") as connection:
                reading = begin_reading(connection, self.product, self.options, self.options.limits)
                why_not, note = change(connection, queue, reading.moment, act)
        finally:
            self.changed()
        ref = JobRef(self.options.name, queue, "")
        return Result(ref, Outcome.SKIPPED, note=why_not) if why_not else Result(ref, Outcome.DONE, note=note)

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Workers of other products are not cleaned; raises Unsupported."""
        raise refuse_verb(self.product.capabilities, act.verb, "workers")

    def _apply_batch(self, act: Act, batch: Sequence[Target], limits: Limits) -> tuple[list[Result], bool]:
        """Return the results, and whether the store went away."""
        results: list[Result] = []
        put: list[Elsewhere] = []
        try:
            with self.database.writing(f"to {act.verb.value} jobs") as connection:
                reading = begin_reading(connection, self.product, self.options, limits)
                results.extend(_apply_alone(reading, act, target, put) for target in batch)
        except QueueTuiError as error:
            if put:
                # Such a job is alone in its batch.
                return [_half_done(batch[0].ref, put[0], error)], isinstance(error, Unreachable | UnknownOutcome)
            if isinstance(error, UnknownOutcome):
                return [_doubted(result, str(error)) for result in results], True
            note = f"nothing of the {len(batch):,} jobs that were changed together was kept: {error}"
            return [Result(target.ref, Outcome.FAILED, note=note) for target in batch], isinstance(error, Unreachable)
        finally:
            self.changed()
        return results, False


def _doubted(result: Result, note: str) -> Result:
    return Result(result.ref, Outcome.UNKNOWN, note=note) if result.outcome is Outcome.DONE else result


def _half_done(ref: JobRef, put: Elsewhere, error: QueueTuiError) -> Result:
    note = f"half done: {put.put}, but its row may still be there ({error}); if it is still listed as it was, delete it and do not retry it"
    return Result(ref, Outcome.UNKNOWN, note=note)


def _apply_alone(reading: Reading, act: Act, target: Target, put: list[Elsewhere]) -> Result:
    """Act on one job in a savepoint, so that a failure takes back this job alone."""
    savepoint = reading.connection.begin_nested()
    try:
        with translated(f"to {act.verb.value} a job"):
            result = _apply_one(reading, act, target, put)
    except Unreachable:
        raise
    except QueueTuiError as error:
        savepoint.rollback()
        if isinstance(error, UnknownOutcome):
            return Result(target.ref, Outcome.UNKNOWN, note=str(error))
        outcome = Outcome.SKIPPED if isinstance(error, Stale) else Outcome.FAILED
        return Result(target.ref, outcome, note=str(error))
    if result.outcome is Outcome.DONE:
        savepoint.commit()
    else:
        savepoint.rollback()
    return result


def _apply_one(reading: Reading, act: Act, target: Target, put: list[Elsewhere]) -> Result:
    ref = target.ref
    found = find_row(ref.rev, reading)
    if found is None:
        return Result(ref, Outcome.FAILED, note=UNSEEN)
    source, place = found
    if source.read_only:
        kept = _read_again(reading, place)
        state, note = (None, GONE) if kept is None else (kept.state, source.read_only)
        return Result(ref, Outcome.SKIPPED, state, note)
    record = _lock(reading, source, place)
    if record is None:
        return Result(ref, Outcome.SKIPPED, note=GONE)
    row, job = read_row(source, record, reading, None)
    if job.ref.rev != ref.rev:
        return Result(ref, Outcome.SKIPPED, job.state, MOVED_ON)
    returns = reading.connection.dialect.insert_returning
    locked = LockedRow(source, place, record, row, job, reading.moment, act.args, target.data, returns)
    change = _choose(reading.product, act.verb, locked)
    if isinstance(change, str):
        return Result(ref, Outcome.SKIPPED, job.state, change)
    return replace(_change(reading, change, locked, put), ref=ref)


def _change(reading: Reading, change: Change, locked: LockedRow, put: list[Elsewhere]) -> Result:
    """Change a locked row, and return what became of its job."""
    before = _write_down(reading.connection, locked)
    moved = _run(reading.connection, change, locked)
    note = change.note if isinstance(change.note, str) else change.note(locked)
    if change.put_elsewhere is not None:
        put.append(change.put_elsewhere(locked))
        return Result(locked.job.ref, Outcome.DONE, put[0].state, note, before, put[0].rev)
    after = _read_again(reading, moved or locked.place)
    if after is None:
        return Result(locked.job.ref, Outcome.DONE, None, note, before, None)
    return Result(locked.job.ref, Outcome.DONE, after.state, note, before, after.ref.rev)


def _choose(product: Product, verb: Verb, locked: LockedRow) -> Change | str:
    """Return the change that fits a row, or why none does."""
    changes = product.changes_for(verb, locked.source)
    fitting = [change for change in changes if locked.job.state in change.states]
    if not fitting:
        allowed = {state for change in changes for state in change.states if change.offered}
        return why_unfit(verb, locked.job.state, allowed)
    if fitting[0].only_stuck and not locked.is_stuck:
        return _too_early(locked)
    return fitting[0].refusal(locked) or fitting[0]


def _too_early(locked: LockedRow) -> str:
    if locked.source.held is not None:
        return f"it is processing and not past its time, {_ALIVE}"
    if runs_since(locked.job) is None:
        return f"it is processing, and its row does not tell since when, {_ALIVE}; if it is gone, write there when it began"
    limit_s = locked.moment.limits.run_limit_s(locked.job.queue.raw, locked.job.type.raw)
    return f"it is processing and not past the limit of {limit_s:g} s, {_ALIVE}"


def _run(connection: Connection, change: Change, locked: LockedRow) -> RowPlace | None:
    """Run a change's statements, each of which must change one row; return where the job now stands."""
    statements = change.write(locked)
    try:
        statement: Executable = next(statements)
        while True:
            result: Any = connection.execute(statement, execution_options=_COUNTED)
            rows = result.all() if result.returns_rows else None
            if (result.rowcount if rows is None else len(rows)) != 1:
                raise Stale(MOVED_ON)
            statement = statements.send(result if rows is None else rows[0])
    except StopIteration as end:
        moved: RowPlace | None = end.value
        return moved


def _lock(reading: Reading, source: Source, place: RowPlace) -> Record | None:
    chosen = select_rows(source, reading, source.at_key(place.key), None).with_for_update(of=source.locked_table)
    return reading.connection.execute(chosen).mappings().one_or_none()


def _read_again(reading: Reading, place: RowPlace) -> Job | None:
    source = reading.product.source(place.source)
    if source is None:
        return None
    chosen = select_rows(source, reading, source.at_key(place.key))
    record = reading.connection.execute(chosen).mappings().one_or_none()
    return None if record is None else read_row(source, record, reading)[1]


def _write_down(connection: Connection, locked: LockedRow) -> str:
    """Return the whole row as JSON, so that it can be restored; of a join, the row of each table."""
    rows, tables = locked.source.rows, list(find_tables(locked.source.rows))
    if len(tables) == 1:
        return json.dumps(_whole(connection, literal_column("*"), table_of(locked), locked), default=_plain)
    written = connection.dialect.identifier_preparer.format_table
    whole = {table.name: _whole(connection, literal_column(f"{written(table)}.*"), rows, locked) for table in tables}
    return json.dumps(whole, default=_plain)


def _whole(connection: Connection, every: Column, rows: FromClause, locked: LockedRow) -> dict[str, Any]:
    chosen: Select[Any] = select(every).select_from(rows).where(locked.source.at_key(locked.place.key))
    return dict(connection.execute(chosen).mappings().one())


def _plain(value: object) -> object:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else str(value)
