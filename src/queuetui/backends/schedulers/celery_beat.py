"""The schedules of django-celery-beat: a row each, and when it is due in one of four tables beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select

from queuetui.backends.payloads.stored_values import json_or_text
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.codecs import Codec
from queuetui.model.schedule import KeptSchedule, Timing
from queuetui.timetable import next_slot

# Whose column of a schedule leads to a row, by the end of the table's name.
_TIMINGS = {
    "interval": ("every", "period"),
    "crontab": ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone"),
    "solar": ("event", "latitude", "longitude"),
    "clocked": ("clocked_time",),
}
# Beat writes what it ran every three minutes, which it looks at every five seconds.
_SYNC_S = 185.0
_CRON = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


@dataclass(frozen=True)
class BeatTables:
    """The tables of one schema."""

    rows: Table
    # By the names of `_TIMINGS`.
    timings: Mapping[str, Table]
    # How times stand in them.
    times: Codec

    @classmethod
    def beside(cls, stored: StoredTable, catalog: Catalog, times: Codec) -> BeatTables:
        """Return the tables around that of the schedules.

        Those that a version lacks, or that may not be read, are left out.
        """
        found = {name: catalog.beside(stored, f"django_celery_beat_{name}schedule") for name in _TIMINGS}
        readable = {name: one for name, one in found.items() if one is not None and one.is_readable}
        return cls(
            as_table(stored, catalog.dialect),
            {name: as_table(one, catalog.dialect) for name, one in readable.items()},
            times,
        )

    def read(self, connection: Connection) -> tuple[KeptSchedule, ...]:
        """Return the schedules by name, one more than are shown where there are more."""
        row, joined, columns = self.rows.c, self.rows, [*self.rows.c]
        for name, table in self.timings.items():
            if f"{name}_id" in row:
                joined = joined.outerjoin(table, row[f"{name}_id"] == table.c.id)  # type: ignore[assignment]  # a join grows
                columns += [table.c[one].label(f"{name}.{one}") for one in _TIMINGS[name] if one in table.c]
        # What beat makes by itself, celery.backend_cleanup, is a schedule like any other.
        chosen = select(*columns).select_from(joined).order_by(row.name).limit(MOST_SCHEDULES + 1)
        return tuple(self._schedule(dict(one)) for one in connection.execute(chosen).mappings())

    def _schedule(self, row: dict[Any, Any]) -> KeptSchedule:
        timing, tz = _timing_of(row)
        given = {name: json_or_text(row[name] or "null") for name in ("args", "kwargs")}
        return KeptSchedule(
            str(row["name"]), str(row["task"]), row["queue"] or None, timing=timing, tz=tz,
            payload=json.dumps(given, ensure_ascii=False) if any(given.values()) else None,
            next_at=self._next(row) if row["enabled"] else None,
            last_at=self.times.from_store(row["last_run_at"]),
            paused=not row["enabled"],
            told_within_s=_SYNC_S,
        )  # fmt: skip

    def _next(self, row: Mapping[Any, Any]) -> datetime | None:
        """Return when beat runs it next, as it reckons that itself; None where the row does not tell."""
        start, expires = (self.times.from_store(row.get(name)) for name in ("start_time", "expires"))
        if start is not None and row["last_run_at"] is None:
            return start  # type: ignore[no-any-return]  # a time
        slot = self._slot(row, self.times.from_store(row["last_run_at"] or row["date_changed"]))
        found = slot if slot is None or start is None else max(slot, start)
        return None if found is None or (expires is not None and expires <= found) else found

    def _slot(self, row: Mapping[Any, Any], since: datetime) -> datetime | None:
        """Return the slot that follows a run, or the last change of what never ran."""
        cron, tz = _timing_of(row)
        with suppress(ValueError, TypeError, OverflowError):
            if row.get("clocked.clocked_time") is not None:
                clocked: datetime | None = self.times.from_store(row["clocked.clocked_time"])
                return clocked
            if row.get("interval.every") is not None:
                return since + timedelta(**{str(row["interval.period"]): row["interval.every"]})
            if row.get("crontab.minute") is not None and _is_cron(row):
                return next_slot(Timing(cron=cron, tz=tz), since)
        return None


def _timing_of(row: Mapping[Any, Any]) -> tuple[str | None, str]:
    """Return when a schedule is due in words, and its zone."""
    if row.get("crontab.minute") is not None:
        cron = " ".join(str(row[f"crontab.{one}"]).replace(" ", "") for one in _CRON)
        zone = str(row.get("crontab.timezone") or "UTC")
        return cron if _is_cron(row) else f"{cron} (where both days meet)", zone
    if row.get("interval.every") is not None:
        return f"every {row['interval.every']} {row['interval.period']}", "UTC"
    if row.get("solar.event") is not None:
        return f"{row['solar.event']} at {row['solar.latitude']}, {row['solar.longitude']}", "UTC"
    return ("once" if row.get("clocked.clocked_time") is not None else None), "UTC"


def _is_cron(row: Mapping[Any, Any]) -> bool:
    """Tell whether it is due as cron has it.

    Of a day of the month and one of the week Celery wants both, and cron either.
    """
    return "*" in (row["crontab.day_of_month"], row["crontab.day_of_week"])
