"""Huey in a file of SQLite: the same messages, stored in rows.

Statements call functions of this module for what the messages say inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import cached_property, partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    update,
)

from queuetui.backends.foreign.huey import messages
from queuetui.backends.payloads.huey_pickles import read_head, read_message, read_outcome
from queuetui.backends.tables.changes import deleting, table_of
from queuetui.backends.tables.codecs import WHOLE, Epoch
from queuetui.backends.tables.product import Change, LockedRow, Product, Statements
from queuetui.backends.tables.source import PAYLOAD, Condition, Field, Moment, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.job import Job
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import PUT_OFF, WAITING, State

_SECONDS = Epoch(whole=False)
_PACKED = (b"\x1f", b"\x78")


@dataclass(frozen=True)
class HueyOnSqlite:
    """The description of Huey in a file of SQLite."""

    # UTC unless the application says utc=False.
    zone: tzinfo
    summaries: SummaryPaths
    # What the schedule counts a second as: 1,000 where peewee made the tables.
    ticks: int = 1

    def describe(self) -> Product:
        """Return all names of a file, of which each is a queue."""
        return Product(
            kind="huey", label="Huey", sources=(self._waiting("task"), self._waiting("schedule"), self._ended()),
            changes=tuple(change for name in ("task", "schedule") for change in self._changes(name)),
            tables="task, schedule, kv", absent=messages.ABSENT, reasons=messages.REASONS, warnings=messages.WARNINGS,
            worker_command=("huey_consumer", "MODULE.huey"), functions={"huey_says": self.says, "huey_ended": ended},
        )  # fmt: skip

    def says(self, raw: object, what: str) -> object:
        """Answer what a message says: its id, its name, when it is due, its payload.

        For a revocation, answer until when it is in force.
        """
        if not isinstance(raw, bytes):
            return None
        if what == "until":
            until = messages.revoked_until(raw, self.zone)
            return None if until is None else until.timestamp()
        head = read_head(raw)
        if head is None or what in ("id", "name"):
            return None if head is None else getattr(head, what)
        if what == "due":
            return None if head.eta is None else messages.in_zone(head.eta, self.zone).timestamp()
        message = read_message(raw)
        return None if message is None else getattr(message, what)

    @cached_property
    def _tables(self) -> Mapping[str, Table]:
        columns = {
            "task": {"id": Integer, "queue": Text, "data": LargeBinary, "priority": Float},
            "schedule": {"id": Integer, "queue": Text, "data": LargeBinary, "timestamp": Float},
            "kv": {"queue": Text, "key": Text, "value": LargeBinary},
        }
        meta = MetaData()
        return {name: Table(name, meta, *(Column(*one) for one in each.items())) for name, each in columns.items()}

    def _beside(self, table: Table, prefix: str, what: str) -> ColumnElement[Any]:
        """Return what is kept for a message: a prefix and what it says, its id or name, are the key of that."""
        kv = self._tables["kv"].c
        key = literal(prefix) + func.huey_says(table.c.data, what)
        rows = select(kv.value).where(kv.queue == table.c.queue, kv.key == key)
        return rows.correlate(table).scalar_subquery()

    def _waiting(self, name: str) -> Source:
        table = self._tables[name]
        row, says = table.c, partial(func.huey_says, table.c.data)
        outcome = self._beside(table, "", "id")
        revoked = [self._beside(table, "r:", "id"), self._beside(table, "rt:", "name")]
        tried: Condition = func.coalesce(func.huey_ended(outcome, "error"), 0) == 1
        # Who has no time in it is not asked for one, which spares most rows a call.
        due = case((or_(func.instr(row.data, b"datetime") > 0, _is_packed(row.data)), says("due")), else_=None)
        named = f"{name}-" + row.id.cast(Text)
        return Source(
            name=name, rows=table, key=(Field(row.id, WHOLE),),
            fields={
                "id": Field(func.coalesce(says("id"), named)),
                "type": Field(func.coalesce(says("name"), "?")),
                "queue": Field(row.queue),
                "priority": Field(says("priority"), WHOLE),
                "attempts": Field(case((tried, 1), else_=0), WHOLE),
                "max_attempts": Field(case((tried, None), else_=says("retries") + 1), WHOLE),
                "scheduled": Field(due, _SECONDS),
            },
            states=self._waiting_states(table, due, tried, revoked),
            rev=(row.data, row.timestamp if name == "schedule" else row.priority),
            texts={PAYLOAD: says("payload")},
            extra={"data": row.data, "outcome": outcome, "revocation": revoked[0], "of_task": revoked[1]},
            finish=self._finish, by_id=partial(_by_id, row.data, named),
        )  # fmt: skip

    def _waiting_states(
        self, table: Table, due: ColumnElement[Any], tried: Condition, revoked: Sequence[ColumnElement[Any]]
    ) -> Mapping[State, Rule]:
        """Return the states of messages, by when they are due, whether they had a run, and their revocations."""
        kv = self._tables["kv"].c
        # Most queues have no revocation at all, which one look at the index tells.
        any_revoked = exists().where(kv.queue == table.c.queue, kv.key >= "r:", kv.key < "ru").correlate(table)

        # As a value SQLite works out both sides of an AND, of a CASE only what it comes to.
        def is_revoked(moment: Moment) -> Condition:
            now_s = moment.now.timestamp()
            ways = (func.coalesce(func.huey_says(one, "until") > now_s, False) for one in revoked)
            return case((any_revoked, or_(*ways)), else_=false())

        def is_ahead(moment: Moment) -> Condition:
            ahead: Condition = func.coalesce(due > moment.now.timestamp(), False)
            return ahead

        def is_tried(moment: Moment) -> Condition:
            return case((is_ahead(moment), tried), else_=false())

        return {
            State.CANCELLED: is_revoked,
            State.PENDING: lambda moment: and_(not_(is_revoked(moment)), not_(is_ahead(moment))),
            State.SCHEDULED: lambda moment: and_(not_(is_revoked(moment)), is_ahead(moment), not_(is_tried(moment))),
            State.RETRYING: lambda moment: and_(not_(is_revoked(moment)), is_ahead(moment), is_tried(moment)),
        }

    def _finish(self, row: ReadRow, job: Job) -> Job:
        message = read_message(row["data"]) if isinstance(row["data"], bytes) else None
        if message is None:
            return replace(job, remarks=(*job.remarks, messages.UNREADABLE))
        outcome = None if row["outcome"] is None else read_outcome(row["outcome"])
        told = messages.waiting_job(job.ref, job.queue.raw, job.state, message, outcome, self.zone, self.summaries)
        said = messages.say_revoked(told, row["of_task"], row.now, self.zone)
        return replace(said, payload=job.payload, payload_whole=job.payload_whole)

    def _ended(self) -> Source:
        kv = self._tables["kv"]
        row = kv.c

        def says(what: str) -> ColumnElement[Any]:
            return func.huey_ended(row.value, what)

        others = [func.substr(row.key, 1, len(prefix)) == prefix for prefix in ("r:", "rt:", "chord:")]
        has_run = func.coalesce(says("task_id"), "").in_(("", row.key))

        def is_(state: State) -> Rule:
            ended: Condition = func.coalesce(says("state"), State.COMPLETED.value) == state.value
            return lambda _: ended

        return Source(
            name="kv", rows=kv, key=(Field(row.queue), Field(row.key)),
            fields={
                "id": Field(row.key), "queue": Field(row.queue),
                "type": Field(case((has_run, func.coalesce(says("name"), "?")), else_="?")),
                "attempts": Field(case((has_run, 1), else_=0), WHOLE),
            },
            states={state: is_(state) for state in (State.FAILED, State.CANCELLED, State.COMPLETED)},
            rev=(row.value,),
            hidden=or_(*others, func.instr(row.key, ".lock.") > 0, func.coalesce(says("retries"), 0) > 0),
            extra={"value": row.value}, read_only=messages.END_ALONE,
            finish=lambda row, job: messages.ended_job(job.ref, job.queue.raw, read_outcome(row["value"])),
        )  # fmt: skip

    def _changes(self, name: str) -> tuple[Change, ...]:
        return (
            Change(Verb.RETRY, name, PUT_OFF, self._run_now, refusal=self._why_not_run),
            Change(Verb.RETRY, name, frozenset({State.CANCELLED}), self._restore, refusal=self._why_not_restore),
            Change(Verb.CANCEL, name, WAITING, self._revoke, refusal=_why_not_revoke),
            Change(Verb.DELETE, name, WAITING | {State.CANCELLED}, self._forget),
        )

    def _due_now(self, locked: LockedRow) -> bytes | str:
        return messages.due_now(locked.row["data"], locked.moment.now, self.zone)

    def _why_not_run(self, locked: LockedRow) -> str:
        found = self._due_now(locked)
        return found if isinstance(found, str) else ""

    def _run_now(self, locked: LockedRow) -> Statements:
        """Put a message that is due now in the place of one that is due later.

        The consumer takes it from there.
        """
        values: dict[str, Any] = {"data": self._due_now(locked)}
        if locked.source.name == "schedule":
            # The schedule's times are those of the consumer's own zone.
            sooner_s = locked.moment.now.timestamp() - locked.record["field_scheduled"]
            moved = locked.record["rev_1"] + sooner_s * self.ticks
            values["timestamp"] = moved if self.ticks == 1 else round(moved)
        yield update(table_of(locked)).where(locked.unchanged).values(**values)
        return None

    def _revoke(self, locked: LockedRow) -> Statements:
        row = _revocation(locked) | {"value": messages.REVOKED}
        yield insert(self._tables["kv"]).prefix_with("OR REPLACE").values(**row)
        return None

    def _why_not_restore(self, locked: LockedRow) -> str:
        of_task = messages.is_revoked(locked.row["of_task"], locked.moment.now, self.zone)
        return messages.TASK_REVOKED if of_task or locked.row["revocation"] is None else ""

    def _restore(self, locked: LockedRow) -> Statements:
        """Take the revocation away, as restore_by_id does."""
        kv = self._tables["kv"]
        there = _revocation(locked) | {"value": locked.row["revocation"]}
        yield delete(kv).where(*(kv.c[column] == value for column, value in there.items()))
        return None

    def _forget(self, locked: LockedRow) -> Statements:
        if locked.row["revocation"] is not None:
            yield from self._restore(locked)
        return (yield from deleting(locked))


def _is_packed(data: ColumnElement[Any]) -> Condition:
    return func.substr(data, 1, 1).in_(_PACKED)


def _by_id(data: ColumnElement[Any], named: ColumnElement[str], job_id: str) -> Condition:
    """Return the condition for an id; messages are read only where their bytes hold it, or are packed."""
    may_be = or_(func.instr(data, job_id.encode()) > 0, _is_packed(data))
    return or_(and_(may_be, func.huey_says(data, "id") == job_id), named == job_id)


def _revocation(locked: LockedRow) -> dict[str, Any]:
    return {"queue": locked.record["field_queue"], "key": f"r:{locked.job.ref.id}"}


def _why_not_revoke(locked: LockedRow) -> str:
    message = read_message(locked.row["data"])
    return messages.UNREADABLE if message is None else messages.why_not_revoked(message)


def ended(raw: object, what: str) -> object:
    """Answer what is stored about the end of a run.

    That is whether it is an error, how many retries are left after it, the state that it means, and the name and the id of the task in it.
    """
    if not isinstance(raw, bytes):
        return None
    outcome = read_outcome(raw)
    return int(outcome.error is not None) if what == "error" else getattr(outcome, what)
