"""Writes the notes of runs: about once a second during long runs, and with their endings."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from queuetui.engine.apart import write_apart
from queuetui.engine.held import Run
from queuetui.engine.log_fields import fields_in_words
from queuetui.engine.logs import WORKER_LOGGER, current_job, message_of, own_fields
from queuetui.engine.tag_counts import TagCounts
from queuetui.model.clock import to_text
from queuetui.model.job import Ending

if TYPE_CHECKING:
    from queuetui.backends.run_notes import RunNotesStore
    from queuetui.engine.held import RunEnding
    from queuetui.engine.notes import Notes
    from queuetui.model.run_notes import RunNotes

# No log is kept of shorter runs that end well: they are most of all runs, and nobody reads their logs.
LONG_RUN_S = 1.0
_ENDED_WELL = frozenset({Ending.COMPLETED, Ending.SNOOZED, Ending.RELEASED})


class Notekeeper:
    """Writes notes to the store; nothing is written for runs without notes.

    `counted_tags` are names of tags by whose values runs are counted.
    """

    def __init__(self, store: RunNotesStore, counted_tags: Sequence[str] = ()) -> None:
        self._store = store
        self._tags = TagCounts(counted_tags)

    def write_running(self, lease_id: str, runs: Iterable[Run], now_s: float) -> None:
        """Write new notes of runs that are still at work."""
        told = []
        for run in tuple(runs):
            notes = run.context.notes
            if notes is not None and not run.ended and run.elapsed_s(now_s) > LONG_RUN_S:
                told.append((notes, notes.version, notes.describe(run.job, log=True)))
        if told:
            self._write(lease_id, told)

    def write_ended(self, lease_id: str, endings: Sequence[RunEnding]) -> None:
        """Write new notes of runs whose endings are about to be written."""
        self._tags.mark(endings)
        told = []
        for run, settlement in endings:
            notes = run.context.notes
            if notes is None:
                continue
            is_brief = settlement.ending in _ENDED_WELL and (settlement.duration_s or 0.0) < LONG_RUN_S
            completed = settlement.ending is Ending.COMPLETED
            with_log = notes.log_written or not is_brief
            told.append((notes, notes.version, notes.describe(run.job, log=with_log, completed=completed)))
        if told:
            self._write(lease_id, told)

    def _write(self, lease_id: str, told: Sequence[tuple[Notes, int, RunNotes | None]]) -> None:
        """Write notes and remember the version of each that was read: a later change is written again."""
        news = [
            (notes, version, one) for notes, version, one in told if one is not None and _is_news(notes, version, one)
        ]
        if not news:
            return
        write_apart(
            lambda notes: self._store.write_notes(lease_id, notes), [one for _, _, one in news], "notes of a run"
        )
        for notes, version, one in news:
            notes.written = version
            notes.log_written = notes.log_written or one.log is not None


def _is_news(notes: Notes, version: int, described: RunNotes) -> bool:
    """Tell whether notes are to be written; the lifetime of a result is written with the ending only."""
    return version != notes.written or described.result_ttl_s is not None


class LogKeeper(logging.Handler):
    """Keeps the log records of handlers with the runs of one worker."""

    def __init__(self, worker_id: str) -> None:
        super().__init__()
        self._worker_id = worker_id

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record of a handler."""
        run = current_job.get()
        if isinstance(run, Run) and run.context.worker_id == self._worker_id:
            try:
                keep_record(run, record)
            except Exception:  # noqa: BLE001 - a record may hold anything, and no log handler raises
                self.handleError(record)


def keep_record(run: Run, record: logging.LogRecord) -> None:
    """Keep a record with its run, unless the worker itself logged it."""
    if record.name == WORKER_LOGGER.name:
        return
    at = to_text(datetime.fromtimestamp(record.created, UTC))
    words = fields_in_words(own_fields(record))
    lines = [f"{at} {record.levelname.lower()} {message_of(record)}{' ' if words else ''}{words}"]
    if record.exc_info:
        lines.append(logging.Formatter().formatException(record.exc_info))
    elif record.exc_text:
        lines.append(record.exc_text)
    run.context.noted().add_line("\n".join(lines))
