"""Changes a Laravel database queue: one job at a time, compared and set in a transaction of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.laravel.capabilities import CAPABILITIES
from queuetui.backends.foreign.laravel.jobs import JobReader
from queuetui.backends.foreign.laravel.moves import (
    LockedRow,
    delete,
    insert_again,
    lock_row,
    make_due,
    release,
    set_deadline,
)
from queuetui.backends.foreign.laravel.rows import FAILED, FailedRow, JobRow, row_of_rev
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.backends.foreign.laravel.states import is_stuck
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.sql.clock import read_clock
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.model.act import KEEP, NO_DEADLINE, RETRY_UNTIL, Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.clock import from_us
from queuetui.model.errors import QueueTuiError, Stale, UnknownOutcome, Unreachable, Unsupported
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.model.text import sanitize

_MOVED_ON = "it changed since it was seen, so nothing was done; look again"
_GONE = "its row is gone: it finished, was deleted, or Laravel moved it to another row; look again"
_NOT_TRIED = "it was not tried, because the store went away before"
_NOT_WAITING = "it is failed: only a job that waits or is stuck can be cancelled; delete it"
_STILL_RUNNING = "a running failure would not be tried again, and work that still runs was not stopped"


@dataclass(frozen=True, slots=True)
class _Call:
    """One act on one target within its transaction."""

    connection: Connection
    ref: JobRef
    locked: LockedRow
    job: Job
    now_s: int
    limits: Limits
    retry_until: str = KEEP

    def skip(self, note: str) -> Result:
        """Answer that nothing was done."""
        return Result(self.ref, Outcome.SKIPPED, self.job.state, note)

    def finish(self, state: State | None, rev: str | None, note: str = "") -> Result:
        """Answer that it was done."""
        return Result(self.ref, Outcome.DONE, state, note, self.locked.before, rev)


@dataclass
class LaravelOperator:
    """Acts on one Laravel application's jobs and failed_jobs."""

    database: ConsoleDatabase
    tables: Tables
    settings: LaravelSettings
    options: BackendOptions

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Do RETRY, CANCEL, DELETE or RELEASE to each target. Raises Unsupported for any other verb."""
        if act.verb not in CAPABILITIES.verbs:
            raise Unsupported(CAPABILITIES.why_not(act.verb) or act.verb.value)
        results: list[Result] = []
        lost = False
        for ref in (target.ref for target in targets):
            if lost:
                results.append(Result(ref, Outcome.FAILED, note=_NOT_TRIED))
                continue
            try:
                results.append(self._apply_one(act, ref, limits))
            except UnknownOutcome as error:
                lost = True
                results.append(Result(ref, Outcome.UNKNOWN, note=str(error)))
            except QueueTuiError as error:
                lost = isinstance(error, Unreachable)
                outcome = Outcome.SKIPPED if isinstance(error, Stale) else Outcome.FAILED
                results.append(Result(ref, outcome, note=str(error)))
        return tuple(results)

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Laravel's queues cannot be paused from the database. Raises Unsupported."""
        raise Unsupported(CAPABILITIES.why_not(act.verb) or f"{act.verb.value} is not done to queues")

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Laravel stores no workers. Raises Unsupported."""
        raise Unsupported(CAPABILITIES.reasons[Verb.CLEAN])

    def _apply_one(self, act: Act, ref: JobRef, limits: Limits) -> Result:
        verb = act.verb
        place = row_of_rev(ref.rev)
        if place is None:
            return Result(ref, Outcome.FAILED, note="it was not seen by this backend; look again and choose it anew")
        with self.database.writing(f"to {verb.value} a job") as connection:
            locked = lock_row(connection, self.tables, *place)
            if locked is None:
                return Result(ref, Outcome.SKIPPED, note=_GONE)
            now_s = int(read_clock(connection, self.options.now).timestamp())
            reader = JobReader(self.options.name, self.settings, self.options.summaries, now_s)
            wanted = act.args.get(RETRY_UNTIL, KEEP)
            call = _Call(connection, ref, locked, reader.read(locked.row), now_s, limits, wanted)
            if locked.row.rev != ref.rev:
                return call.skip(_MOVED_ON)
            return self._move(verb, call)

    def _move(self, verb: Verb, call: _Call) -> Result:
        row = call.locked.row
        if verb is Verb.DELETE:
            return self._delete(call)
        if verb is Verb.CANCEL:
            return call.skip(_NOT_WAITING) if isinstance(row, FailedRow) else self._delete(call)
        if verb is Verb.RETRY:
            return self._retry_failed(call, row) if isinstance(row, FailedRow) else self._retry_waiting(call, row)
        if isinstance(row, FailedRow):
            return call.skip(f"only a job that is taken can be released; this one is in {FAILED}_jobs: retry it")
        return self._release(call, row)

    def _retry_failed(self, call: _Call, row: FailedRow) -> Result:
        if self.tables.jobs is None:
            return call.skip(
                f"there is no table to put it into: {self.tables.jobs_absent}; retry it with: php artisan queue:retry"
            )
        if self.tables.guess:
            return call.skip(self.tables.guess)
        if row.connection not in self.settings.connections:
            name = sanitize(row.connection, 60)
            return call.skip(
                f"it failed on the queue connection {name!r}, which is not this database: no worker would look here. "
                "Retry it with: php artisan queue:retry, or name the connection in laravel.connections if it is this one"
            )
        moved = insert_again(call.connection, self.tables, row, call.now_s)
        return call.finish(State.PENDING, moved.rev, self._see_to_deadline(call, moved))

    def _retry_waiting(self, call: _Call, row: JobRow) -> Result:
        is_let_run = call.job.expired_at is not None and call.retry_until != KEEP
        if call.job.state not in (State.SCHEDULED, State.RETRYING) and not (
            is_let_run and call.job.state is State.PENDING
        ):
            return call.skip(f"it is {call.job.state.value}; only failed, retrying and scheduled jobs can be retried")
        due = make_due(call.connection, self.tables, row, call.now_s)
        return call.finish(State.PENDING, due.rev, self._see_to_deadline(call, due))

    def _see_to_deadline(self, call: _Call, row: JobRow) -> str:
        """Write the new deadline of a job that is past its own, if one was asked for; return what to beware of."""
        if call.job.expired_at is None:
            return ""
        if call.retry_until == KEEP:
            return "its retryUntil is past: a worker that takes it fails it at once"
        until_s = None if call.retry_until == NO_DEADLINE else call.now_s + int(call.retry_until)
        set_deadline(call.connection, self.tables, row, until_s)
        return ""

    def _release(self, call: _Call, row: JobRow) -> Result:
        if row.reserved_at is None:
            return call.skip(f"it is {call.job.state.value}: no worker holds it")
        if not self._is_stuck(call):
            return call.skip(self._too_early(call))
        freed = release(call.connection, self.tables, row, call.now_s - self._limit_s(call))
        state = State.RETRYING if freed.attempts else State.PENDING
        beware = self._see_to_deadline(call, freed)
        notes = ("if its worker still lives, the job now runs twice", *((beware,) if beware else ()))
        return call.finish(state, freed.rev, "; ".join(notes))

    def _delete(self, call: _Call) -> Result:
        taken = call.job.state is State.PROCESSING
        if taken and not self._is_stuck(call):
            return call.skip(self._too_early(call))
        delete(call.connection, self.tables, call.locked.row)
        return call.finish(None, None, _STILL_RUNNING if taken else "")

    def _is_stuck(self, call: _Call) -> bool:
        return is_stuck(call.job, from_us(call.now_s * 1_000_000), call.limits)

    def _limit_s(self, call: _Call) -> float:
        return call.limits.run_limit_s(call.job.queue.raw, call.job.type.raw)

    def _too_early(self, call: _Call) -> str:
        return f"it is processing and not past the limit of {self._limit_s(call):g} s, so its worker may be alive"
