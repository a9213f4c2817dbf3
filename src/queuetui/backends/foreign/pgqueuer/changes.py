"""The log that PgQueuer writes every change to, and the channel that its workers listen to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Insert, Select, Table, Text, func, insert, literal, select

from queuetui.backends.sql.trigger_channels import channel_of
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.product import LockedRow, RowPlace, Statements

Values = Callable[[LockedRow], Mapping[str, Any]]


@dataclass(frozen=True)
class LoggedChanges:
    """The table of jobs and its log."""

    jobs: Table
    log: Table

    def updating(
        self, values: Values, step: str = "", *, only_stuck: bool = False
    ) -> Callable[[LockedRow], Statements]:
        """Return a change that writes values into the row, a step into the log, and wakes the workers."""

        def write(locked: LockedRow) -> Statements:
            yield from setting(values, only_stuck=only_stuck)(locked)
            if step:
                yield self._note(locked, step)
            yield self._notify(locked, "table_changed_event", operation="update", table=self.jobs.name)
            return None

        return write

    def removing(self, step: str, *, tell: bool = False) -> Callable[[LockedRow], Statements]:
        """Return a change that deletes the row, so that the log alone has its job; `tell`: its worker is told."""

        def write(locked: LockedRow) -> Statements:
            yield from deleting(locked)
            record = yield self._note(locked, step)
            if tell:
                yield self._notify(locked, "cancellation_event", ids=[locked.place.key[0]])
            return RowPlace("log", (record[0],))

        return write

    def _note(self, locked: LockedRow, step: str) -> Insert:
        told = {"priority": locked.row["priority"], "entrypoint": locked.row["queue"]}
        return insert(self.log).values(job_id=locked.place.key[0], status=step, **told).returning(self.log.c.id)

    def _notify(self, locked: LockedRow, kind: str, **more: object) -> Select[Any]:
        channel = channel_of(self.jobs, self.jobs.name.removesuffix("pgqueuer") + "ch_pgqueuer")
        told = json.dumps({"channel": "?", "type": kind, "sent_at": locked.moment.now.isoformat(), **more})
        return select(func.pg_notify(channel, func.replace(literal(told), '"?"', func.to_json(channel).cast(Text))))
