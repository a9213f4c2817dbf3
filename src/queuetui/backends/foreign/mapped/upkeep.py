"""Tokens of workers, and the chores that a mapping declares for the tables beside the jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, func, literal_column, select, update

from queuetui.backends.foreign.mapped.side_shapes import EventsShape, TokensShape
from queuetui.backends.foreign.mapped.side_tables import SideTable
from queuetui.backends.foreign.mapped.workers import MappedWorkers
from queuetui.backends.sql.clock import read_clock
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.backends.sql.stored_types import label
from queuetui.backends.tables.source import Column, Condition, Moment
from queuetui.model.act import Act
from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.text import Untrusted
from queuetui.model.upkeep import Chore, ChorePlan, Token

_SAMPLES = 6
_MOST_WRITTEN_DOWN = 1_000
_MASK_CHARS = 4
# Rows that are deleted in one transaction, and what names a row to the database without a key of its own.
BATCH = 10_000
_ROW_PLACES = {"postgresql": "ctid", "sqlite": "rowid"}


@dataclass(frozen=True, slots=True)
class DeclaredChore:
    """A chore on rows of a table: it sets `values`, or deletes the rows where there are none.

    `where` is asked with a moment and a number of days, 0 for a chore that takes none; `shown` is what a person knows a row by.
    """

    chore: Chore
    table: SideTable[Any]
    shown: tuple[Column, ...]
    where: Callable[[Moment, float], Condition]
    values: dict[str, Any] | None = None


def declare_chores(
    log: SideTable[EventsShape] | None, workers: MappedWorkers | None, tokens: SideTable[TokensShape] | None
) -> Iterator[DeclaredChore]:
    """Yield what is declared for those tables that are there."""
    if workers is not None:
        yield from _chores_of(workers, workers.table.shape.failed, workers.table.shape.stopped)
    if log is not None and log.shape.clear:
        at, does = log.shape.at, f"delete rows of {log.stored.written} older than some days"
        yield DeclaredChore(
            Chore("clear-events", does, "they are gone for good", takes_days=True),
            log,
            (log.text(at), log.text(log.shape.kind)),
            lambda moment, days: log.at(at) < log.codec(at).to_store(moment.now - timedelta(days=days)),
        )
    if tokens is not None and tokens.shape.delete_expired:
        expires, is_free = tokens.shape.expires, tokens.at(tokens.shape.worker).is_(None)
        masked = func.substr(tokens.text(tokens.shape.token), 1, _MASK_CHARS).concat("...")
        yield DeclaredChore(
            Chore("delete-tokens", "delete expired tokens that no worker has used"),
            tokens,
            (masked, tokens.text(expires)),
            lambda moment, _: and_(tokens.at(expires) <= tokens.codec(expires).to_store(moment.now), is_free),
        )


def _chores_of(workers: MappedWorkers, failed: str, stopped: str) -> Iterator[DeclaredChore]:
    table, status, silent_s = workers.table, workers.table.shape.status, workers.table.shape.silent_s

    def mark(chore: Chore, word: str, where: Callable[[Moment, float], Condition]) -> DeclaredChore:
        values = {status: label(table.stored.columns[status], word, table.dialect)}
        return DeclaredChore(chore, table, workers.description, where, values)

    if failed:
        does = f"set workers without a beat for {silent_s:g} s to {failed}"
        beware = (
            "a worker that lives and could not beat is failed too; one that never beat counts from its registration"
        )
        yield mark(Chore("fail-silent-workers", does, beware), failed, lambda moment, _: workers.is_silent(moment))
    if stopped:
        does = f"set all workers that work to {stopped}"
        beware = "this changes what the table says; whether a worker heeds it is the application's affair"
        yield mark(Chore("stop-workers", does, beware), stopped, lambda *_: workers.works)


@dataclass(frozen=True)
class MappedUpkeep:
    """What a mapping declares beside its jobs; `changed` is called after each chore."""

    database: ConsoleDatabase
    now: datetime | None
    changed: Callable[[], None]
    declared: tuple[DeclaredChore, ...]
    tokens_table: SideTable[TokensShape] | None

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What is declared."""
        return tuple(one.chore for one in self.declared)

    @property
    def keeps_tokens(self) -> bool:
        """Whether the mapping has tokens and their table is there."""
        return self.tokens_table is not None

    def tokens(self, limit: int) -> tuple[Token, ...]:
        """Return the tokens that expire last."""
        table = self.tokens_table
        if table is None:
            return ()
        shape, expires = table.shape, table.at(table.shape.expires)
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
            declared, where = self._find(chore, moment, days)
            number = select(func.count()).select_from(declared.table.rows).where(where)
            rows = connection.execute(number).scalar_one()
            named = select(*declared.shown).select_from(declared.table.rows).where(where).limit(_SAMPLES)
            samples = tuple(Untrusted("  ".join(str(part) for part in row)) for row in connection.execute(named))
        return ChorePlan(chore, moment.now, int(rows), samples, days)

    def carry_out(self, act: Act, plan: ChorePlan) -> tuple[int, str]:
        """Apply the chore to the rows that it is about by the time of the plan.

        A row that it is about only later is left for another time.
        """
        declared, where = self._find(plan.chore, Moment(plan.as_of, Limits()), plan.days)
        doing = f"to {plan.chore.does}"
        try:
            return (
                (self._delete(declared, where, doing), "")
                if declared.values is None
                else self._set(declared, where, doing)
            )
        finally:
            self.changed()

    def _find(self, chore: Chore, moment: Moment, days: float | None) -> tuple[DeclaredChore, Condition]:
        declared = next((one for one in self.declared if one.chore == chore), None)
        if declared is None or (chore.takes_days and days is None):
            raise BadConfig(f"the mapping declares no chore {chore.name!r} that can be done so", "upkeep")
        return declared, declared.where(moment, days or 0.0)

    def _set(self, declared: DeclaredChore, where: Condition, doing: str) -> tuple[int, str]:
        rows = declared.table.rows
        named = select(*declared.shown).select_from(rows).where(where).limit(_MOST_WRITTEN_DOWN)
        with self.database.writing(doing) as connection:
            before = "; ".join(" ".join(map(str, row)) for row in connection.execute(named.with_for_update()))
            found: Any = connection.execute(update(rows).where(where).values(declared.values or {}))
            return int(found.rowcount), before

    def _delete(self, declared: DeclaredChore, where: Condition, doing: str) -> int:
        """Delete rows in batches, each within the time that a statement has."""
        rows = declared.table.rows
        chosen = delete(rows).where(where)
        place = _ROW_PLACES.get(self.database.dialect)
        if place is None:
            chosen = chosen.with_dialect_options(mysql_limit=BATCH)
        else:
            some: Select[Any] = select(literal_column(place)).select_from(rows).where(where).limit(BATCH)
            chosen = chosen.where(literal_column(place).in_(some))
        deleted = 0
        while True:
            with self.database.writing(doing) as connection:
                found: Any = connection.execute(chosen)
            deleted += int(found.rowcount)
            if found.rowcount < BATCH:
                return deleted
