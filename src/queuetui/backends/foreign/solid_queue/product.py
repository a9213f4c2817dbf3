"""Solid Queue 0.8 to 1.5: what can be done to its jobs and queues, and who works."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, not_, select, update

from queuetui.backends.foreign.solid_queue.recognition import PREFIX
from queuetui.backends.foreign.solid_queue.sources import (
    BLOCKED,
    CLAIMED,
    FAILED,
    FINISHED,
    LOST,
    READY,
    SCHEDULED,
    SILENT,
    Sources,
)
from queuetui.backends.payloads.active_job import forget_executions
from queuetui.backends.sql.catalog import StoredTable
from queuetui.backends.tables.changes import deleting, setting, table_of
from queuetui.backends.tables.source import PAYLOAD, Change, LockedRow, Moment, Place, Product, Sides, Statements
from queuetui.model.act import Act, Verb
from queuetui.model.job_view import uncounted_queue
from queuetui.model.payload import SummaryPaths
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_LABEL = "Solid Queue"
_MOST_WORKERS = 1_000
_ABSENT = {
    "lost": "Solid Queue does not count lost runs apart",
    "max_attempts": "how often a job is tried is in the application's code, in its retry_on",
    "name": "Solid Queue's jobs carry no names beside their classes",
    "tag": "Solid Queue's jobs carry no tags",
}
_OLD = "its tables are those of a Solid Queue before 0.8, which this was not tried on, so it is only read"
_REASONS = {
    Verb.CLEAN: "Solid Queue's supervisors remove silent processes themselves, and fail their jobs",
    **dict.fromkeys((Verb.EVENTS_ON, Verb.EVENTS_OFF), "Solid Queue keeps no record of what happened to a job"),
    Verb.LIMIT: "Solid Queue's limits are in the application's code, in limits_concurrency",
    **dict.fromkeys((Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN), "recurring tasks are in the application's config/recurring.yml"),
}  # fmt: skip
_GONE = "Solid Queue keeps no copy of a job that is discarded or deleted"
_WARNINGS = {
    Verb.CANCEL: f"cancel = discard: {_GONE}; a job that runs cannot be stopped",
    Verb.DELETE: _GONE,
    Verb.RETRY: "a Dispatcher must run, which makes the job ready; its retry_on counts from nothing again",
    Verb.RELEASE: "its process has not beaten for 5 minutes: make sure that it is dead, or the job runs twice",
}
_HAS_SEAT = "it holds a seat of its concurrency key, which would not be given back before its limit's duration is over"
_HELD = "it is in a table of executions by now; look again"
_WAITING = frozenset({State.PENDING, State.SCHEDULED, State.RETRYING})


def describe(stored: Mapping[str, StoredTable], dialect: str, summaries: SummaryPaths) -> Product:
    """Return the queue of one set of tables."""
    solid, jobs = _Solid(Sources(stored, dialect, summaries)), stored[f"{PREFIX}jobs"]
    is_old = f"{PREFIX}recurring_tasks" not in stored or "name" not in stored[f"{PREFIX}processes"].columns
    return Product(
        kind="solid-queue",
        label=_LABEL,
        sources=solid.sources.make(),
        changes=() if is_old else solid.changes(),
        tables=", ".join(one.written for name, one in stored.items() if name.startswith(PREFIX)),
        absent=_ABSENT,
        missing_states={State.CANCELLED: "Solid Queue deletes the row of a job that is discarded"},
        reasons=dict.fromkeys(Verb, _OLD) if is_old else _REASONS,
        warnings=_WARNINGS,
        name=jobs.schema or "",
        is_visible=jobs.is_visible,
        sides=Sides(workers=solid.workers, pauses=solid.pauses),
        cleanup=(State.COMPLETED,),
        worker_command=("bin/jobs", "start"),
        queue_changes={} if is_old else {Verb.PAUSE: solid.switch, Verb.RESUME: solid.switch},
    )


@dataclass(frozen=True)
class _Solid:
    """What is written and read beside the jobs of one set of tables."""

    sources: Sources

    def changes(self) -> tuple[Change, ...]:
        """Return what each verb does to the rows of each source."""
        due_now = setting(lambda locked: {"scheduled_at": self._now(locked.moment)})
        kinds = ((READY, {State.PENDING}), (SCHEDULED, _WAITING), (BLOCKED, {State.BLOCKED}))
        return (
            Change(Verb.RETRY, FAILED, frozenset({State.FAILED}), self._retry),
            Change(Verb.RETRY, LOST, frozenset({State.FAILED}), self._retry, refusal=_still_lost),
            Change(Verb.RETRY, SCHEDULED, frozenset({State.SCHEDULED, State.RETRYING}), due_now),
            Change(Verb.RELEASE, CLAIMED, frozenset({State.PROCESSING}), self._release, only_stuck=True),
            *(
                Change(verb, name, frozenset(states), self._discard, refusal=_keeps_seat if name == READY else _none)
                for verb in (Verb.CANCEL, Verb.DELETE)
                for name, states in kinds
            ),
            Change(Verb.DELETE, FAILED, frozenset({State.FAILED}), self._discard),
            Change(Verb.DELETE, FINISHED, frozenset({State.COMPLETED}), self._discard),
            Change(Verb.DELETE, LOST, frozenset({State.FAILED}), self._discard, refusal=_still_lost),
        )

    def _now(self, moment: Moment) -> Any:  # noqa: ANN401 - a time as its column holds it
        return self.sources.times.to_store(moment.now)

    def _place(self, name: str, locked: LockedRow, **times: Any) -> Any:  # noqa: ANN401 - a statement
        """Return the statement that puts a job into a table of executions."""
        told = {
            "queue_name": locked.says["queue"],
            "priority": locked.says["priority"] or 0,
            "job_id": locked.place.key[0],
        }
        return insert(self.sources.tables[name]).values(**told, created_at=self._now(locked.moment), **times)

    def _retry(self, locked: LockedRow) -> Statements:
        """Schedule a job for now, so that the dispatcher takes its seat and makes it ready; its tries begin anew."""
        jobs, now = self.sources.tables["jobs"], self._now(locked.moment)
        if locked.place.source == FAILED:
            yield from deleting(locked)
        yield self._place(SCHEDULED, locked, scheduled_at=now)
        text = locked.says[PAYLOAD]
        anew = forget_executions(text)
        if anew is not None and anew != text:
            is_seen = and_(jobs.c.id == locked.place.key[0], jobs.c.arguments == text)
            yield update(jobs).where(is_seen).values(arguments=anew, updated_at=now)
        return Place(SCHEDULED, locked.place.key)

    def _release(self, locked: LockedRow) -> Statements:
        claimed, processes = self.sources.tables[CLAIMED], self.sources.tables["processes"]
        floor = self.sources.times.to_store(locked.moment.now - SILENT)
        lives = select(processes.c.id).where(
            processes.c.id == claimed.c.process_id, processes.c.last_heartbeat_at >= floor
        )
        yield delete(claimed).where(locked.same, not_(lives.exists()))
        yield self._place(READY, locked)
        return Place(READY, locked.place.key)

    def _discard(self, locked: LockedRow) -> Statements:
        """Delete a job; what refers to it goes with it, by hand where the database does not see to that."""
        tables, (job_id,) = self.sources.tables, locked.place.key
        if self.sources.dialect == "sqlite":
            if table_of(locked) is not tables["jobs"]:
                yield from deleting(locked)
            if locked.says.get("task"):
                yield delete(tables["recurring"]).where(tables["recurring"].c.job_id == job_id)
        seen = locked.same if table_of(locked) is tables["jobs"] else tables["jobs"].c.finished_at.is_(None)
        yield delete(tables["jobs"]).where(tables["jobs"].c.id == job_id, seen)
        return None

    def switch(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Pause or resume a queue: a row, which workers look for at their next poll."""
        pauses, is_pause = self.sources.tables["pauses"], act.verb is Verb.PAUSE
        is_paused = (
            connection.execute(select(pauses.c.queue_name).where(pauses.c.queue_name == queue)).first() is not None
        )
        if is_paused == is_pause:
            return ("it is paused already" if is_paused else "it is not paused"), ""
        values = {"queue_name": queue, "created_at": self._now(moment)}
        connection.execute(
            insert(pauses).values(values) if is_pause else delete(pauses).where(pauses.c.queue_name == queue)
        )
        return "", "jobs that run go on" if is_pause else ""

    def pauses(self, connection: Connection, _: Moment) -> tuple[QueueInfo, ...]:
        """Return the queues that are paused, whether they have jobs or not."""
        rows = connection.execute(
            select(*(self.sources.tables["pauses"].c[one] for one in ("queue_name", "created_at")))
        )
        return tuple(uncounted_queue(name, self.sources.times.from_store(since)) for name, since in rows)

    def workers(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the processes that run jobs; supervisors, dispatchers and schedulers run none."""
        claimed, process = self.sources.tables[CLAIMED], self.sources.tables["processes"]
        held = select(func.count()).where(claimed.c.process_id == process.c.id).scalar_subquery()
        chosen = select(*process.c, held.label("busy")).where(process.c.kind == "Worker").order_by(process.c.id.desc())
        rows = connection.execute(chosen.limit(_MOST_WORKERS)).mappings()
        return tuple(self._worker(dict(row), moment) for row in rows)

    def _worker(self, row: Mapping[str, Any], moment: Moment) -> WorkerInfo:
        beat = self.sources.times.from_store(row["last_heartbeat_at"]) or moment.now
        queues, slots = _read_settings(row["metadata"])
        return WorkerInfo(
            id=Untrusted(str(row.get("name") or row["id"])),
            host=Untrusted(row["hostname"] or ""),
            pid=row["pid"],
            version=Untrusted(""),
            queues=() if any("*" in name for name in queues) else tuple(map(Untrusted, queues)),
            slots=slots,
            busy=row["busy"],
            started_at=self.sources.times.from_store(row["created_at"]) or beat,
            beat_at=beat,
            orphaned=row["busy"] if moment.now - beat > SILENT else 0,
            silent_after_s=SILENT.total_seconds(),
        )


def _read_settings(text: str | None) -> tuple[list[str], int]:
    """Return the queues that a worker takes jobs from, in its own order, and how many it runs at a time."""
    try:
        told = json.loads(text or "{}")
        queues, slots = told.get("queues") or "*", told.get("thread_pool_size")
    except (ValueError, AttributeError, RecursionError):
        return ["*"], 0
    names = queues if isinstance(queues, list) else str(queues).split(",")
    return [str(name).strip() for name in names], slots if isinstance(slots, int) else 0


def _keeps_seat(locked: LockedRow) -> str:
    return _HAS_SEAT if locked.says["key"] else ""


def _still_lost(locked: LockedRow) -> str:
    return _HELD if locked.row["extra_stands"] else ""


def _none(_: LockedRow) -> str:
    return ""
