"""What is read of each pending row to tell which one is due longest."""

from __future__ import annotations

from sqlalchemy import select, true
from sqlalchemy.dialects import postgresql

from queuetui.backends.foreign.procrastinate.product import ProcrastinateLayout, _Tables
from queuetui.backends.tables.counts import due_times


def test_a_log_is_asked_once_for_what_a_row_does_not_tell() -> None:
    """A job of Procrastinate without a time of its own is due since it was deferred, which is looked up once."""
    source = _Tables(ProcrastinateLayout("public", beats=True, aborts=True, by_priority=True, runs=("doing",))).source()
    statement = select(*dict(due_times(source, true())).values())
    told = str(statement.compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call] # as the library has it
    assert told.count("procrastinate_events.job_id") == 1
