"""Tokens of workers, and the chores that a mapping declares for the tables beside the jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Select, and_, delete, func, literal_column, select, update

from queuetui.backends.foreign.mapped.event_log import MappedEvents
from queuetui.backends.foreign.mapped.side_shapes import TokensShape
from queuetui.backends.foreign.mapped.side_tables import SideTable
from queuetui.backends.foreign.mapped.workers import MappedWorkers
from queuetui.backends.sql.clock import read_clock
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.backends.tables.source import Column, Condition, Moment
from queuetui.backends.tables.stored_columns import label
from queuetui.model.act import Act
from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.text import Untrusted
from queuetui.model.upkeep import Chore, ChorePlan, Token

FAIL_SILENT, STOP_ALL, CLEAR_EVENTS, DELETE_TOKENS = (
    "fail-silent-workers",
    "stop-workers",
    "clear-events",
    "delete-tokens",
)
_SAMPLES = 6
_MOST_WRITTEN_DOWN = 1_000
_MASK_CHARS = 4
# Rows that are deleted in one transaction, and what names a row to the database without a key of its own.
BITE = 10_000
_ROW_PLACES = {"postgresql": "ctid", "sqlite": "rowid"}


@dataclass(frozen=True, slots=True)
class _Write:
    """What a chore does to rows of a table: it sets a status or deletes them.

    `shown` is what a person knows a row by.
    """

    table: SideTable
    where: Condition
    shown: tuple[Column, ...]
    values: dict[str, Any] | None = None


@dataclass(frozen=True)
class MappedUpkeep:
    """What a mapping declares beside its jobs, where the tables are there."""

    database: ConsoleDatabase
    now: Any
    events: MappedEvents | None
    workers: MappedWorkers | None
    tokens_table: SideTable | None
    tokens_shape: TokensShape | None
    changed: Callable[[], None]

    @cached_property
    def chores(self) -> tuple[Chore, ...]:
        """What is declared."""
        return tuple(self._declared())

    @property
    def keeps_tokens(self) -> bool:
        """Whether the mapping has tokens and their table is there."""
        return self.tokens_table is not None

    def tokens(self, limit: int) -> tuple[Token, ...]:
        """Return the tokens that expire last."""
        table, shape = self.tokens_table, self.tokens_shape
        if table is None or shape is None:
            return ()
        expires = table.at(shape.expires)
        chosen = select(table.text(shape.token), table.text(shape.worker), expires).select_from(table.rows)
        with self.database.reading("reading the tokens") as connection:
            rows = connection.execute(chosen.order_by(expires.desc(), table.text(shape.token)).limit(limit)).all()
        return tuple(
            Token(
                Untrusted(str(token)), None if worker is None else Untrusted(worker), table.time(shape.expires, until)
            )
            for token, worker, until in rows
        )

    def plan(self, chore: Chore, days: float | None) -> ChorePlan:
        """Count what a chore would change, and name a few rows of it."""
        with self.database.reading(f"counting what {chore.name} is about") as connection:
            moment = Moment(read_clock(connection, self.now), Limits())
            write = self._write(chore, moment, days)
            rows = connection.execute(
                select(func.count()).select_from(write.table.rows).where(write.where)
            ).scalar_one()
            named = select(*write.shown).select_from(write.table.rows).where(write.where).limit(_SAMPLES)
            samples = tuple(Untrusted("  ".join(str(part) for part in row)) for row in connection.execute(named))
        return ChorePlan(chore, moment.now, int(rows), samples, days)

    def carry_out(self, act: Act, plan: ChorePlan) -> tuple[int, str]:
        """Apply the chore to the rows that it is about by the time of the plan.

        A row that it is about only later is left for another time.
        """
        write = self._write(plan.chore, Moment(plan.as_of, Limits()), plan.days)
        doing = f"to {plan.chore.does}"
        try:
            return (self._delete(write, doing), "") if write.values is None else self._set(write, write.values, doing)
        finally:
            self.changed()

    def _set(self, write: _Write, values: dict[str, Any], doing: str) -> tuple[int, str]:
        with self.database.writing(doing) as connection:
            named = select(*write.shown).select_from(write.table.rows).where(write.where).limit(_MOST_WRITTEN_DOWN)
            before = "; ".join(" ".join(map(str, row)) for row in connection.execute(named.with_for_update()))
            found: Any = connection.execute(update(write.table.rows).where(write.where).values(values))
            return int(found.rowcount), before

    def _delete(self, write: _Write, doing: str) -> int:
        """Delete rows in bites, each within the time that a statement has."""
        rows = write.table.rows
        chosen = delete(rows).where(write.where)
        place = _ROW_PLACES.get(self.database.dialect)
        if place is None:
            chosen = chosen.with_dialect_options(mysql_limit=BITE)
        else:
            some: Select[Any] = select(literal_column(place)).select_from(rows).where(write.where).limit(BITE)
            chosen = chosen.where(literal_column(place).in_(some))
        deleted = 0
        while True:
            with self.database.writing(doing) as connection:
                found: Any = connection.execute(chosen)
            deleted += int(found.rowcount)
            if found.rowcount < BITE:
                return deleted

    def _declared(self) -> Iterator[Chore]:
        if self.workers is not None and self.workers.shape.failed:
            silent_s, failed = self.workers.shape.silent_s, self.workers.shape.failed
            yield Chore(
                FAIL_SILENT,
                f"set workers without a beat for {silent_s:g} s to {failed}",
                "a worker that lives and could not beat is failed too; one that never beat counts from its registration",
            )
        if self.workers is not None and self.workers.shape.stopped:
            yield Chore(
                STOP_ALL,
                f"set all workers that work to {self.workers.shape.stopped}",
                "this changes what the table says; whether a worker heeds it is the application's affair",
            )
        if self.events is not None and self.events.shape.clear:
            written = self.events.log.stored.written
            yield Chore(
                CLEAR_EVENTS,
                f"delete rows of {written} older than some days",
                "they are gone for good",
                takes_days=True,
            )
        if self.tokens_table is not None and self.tokens_shape is not None and self.tokens_shape.delete_expired:
            yield Chore(DELETE_TOKENS, "delete expired tokens that no worker has used")

    def _write(self, chore: Chore, moment: Moment, days: float | None) -> _Write:
        if self.workers is not None and chore.name in (FAIL_SILENT, STOP_ALL):
            workers, is_all = self.workers, chore.name == STOP_ALL
            where = workers.works if is_all else workers.is_silent(moment)
            status = workers.shape.stopped if is_all else workers.shape.failed
            stored = workers.table.stored.columns[workers.shape.status]
            values = {workers.shape.status: label(stored, status, workers.table.dialect)}
            return _Write(workers.table, where, workers.description, values)
        if self.events is not None and chore.name == CLEAR_EVENTS and days is not None:
            log, shape = self.events.log, self.events.shape
            floor = log.codec(shape.at).to_store(moment.now - timedelta(days=days))
            return _Write(log, log.at(shape.at) < floor, (log.text(shape.at), log.text(shape.kind)))
        table, tokens = self.tokens_table, self.tokens_shape
        if table is None or tokens is None or chore.name != DELETE_TOKENS:
            raise BadConfig(f"the mapping declares no chore {chore.name!r} that can be done so", "upkeep")
        over = table.at(tokens.expires) <= table.codec(tokens.expires).to_store(moment.now)
        masked = func.substr(table.text(tokens.token), 1, _MASK_CHARS).concat("...")
        return _Write(table, and_(over, table.at(tokens.worker).is_(None)), (masked, table.text(tokens.expires)))
