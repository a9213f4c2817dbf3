"""Cron keys, of which only the jobs tell that they made, each by its last one."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select, true

from queuetui.backends.tables.schedule_rows import ScheduleRows
from queuetui.backends.tables.source import Column, Field


def made_by(key: Column, at: Column, **said: Field) -> ScheduleRows:
    """Return a schedule for each key, as its last job says; an index on key and time leads to that."""
    first = select(func.min(key).label("key")).cte("made", recursive=True)
    behind = select(func.min(key)).where(key > first.c.key).correlate(first).scalar_subquery()
    keys = first.union_all(select(behind).where(first.c.key.is_not(None)))
    last = select(*(one.at.label(name) for name, one in said.items())).where(key == keys.c.key)
    newest = last.order_by(at.desc()).limit(1).lateral()
    fields = {name: replace(one, at=newest.c[name]) for name, one in said.items()}
    return ScheduleRows(keys.join(newest, true()), {"name": Field(keys.c.key), **fields})
