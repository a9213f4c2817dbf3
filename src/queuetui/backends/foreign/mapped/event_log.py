"""The log that an application keeps, read as our event log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, case, cast, func, or_, select

from queuetui.backends.base import Listener
from queuetui.backends.foreign.mapped.side_shapes import EventsShape
from queuetui.backends.foreign.mapped.side_tables import SideTable
from queuetui.backends.reading.cursors import Place, read_cursor, write_cursor
from queuetui.backends.sql.console_connection import ConsoleDatabase
from queuetui.backends.sql.postgresql_notices import hear_channels
from queuetui.backends.tables.source import Column, Condition
from queuetui.model.clock import from_us, to_us
from queuetui.model.errors import Unsupported
from queuetui.model.event import Event, EventKind, EventPage, EventRequest
from queuetui.model.text import Untrusted

_ORDER = "event"
_RANKS = {kind.value: rank for rank, kind in enumerate(EventKind)}
_MANY_ROWS = 100_000


@dataclass(frozen=True)
class MappedEvents:
    """The events of a mapped log.

    Those of one moment, such as of one transaction, come in the order of a job's life, whatever the log's own key is.
    """

    database: ConsoleDatabase
    log: SideTable[EventsShape]

    def events(self, request: EventRequest) -> EventPage:
        """Return one page, newest first; raises Unsupported for what the log does not tell."""
        if request.queue is not None:
            raise Unsupported("the application's log does not tell queues; narrow it by job: or event:")
        moment, rank, rest = self._order
        columns = [at.label(name) for name, at in self._columns()]
        chosen = select(moment.label("at"), rank.label("rank"), rest.label("rest"), *columns).select_from(self.log.rows)
        chosen = chosen.where(and_(True, *self._terms(request)))
        chosen = chosen.order_by(moment.desc(), rank.desc(), rest.desc()).limit(request.limit + 1)
        with self.database.reading("reading the application's log") as connection:
            rows = [dict(row) for row in connection.execute(chosen).mappings()]
        found = tuple(self._event(row) for row in rows[: request.limit])
        return EventPage(found, len(rows) > request.limit, self._notes)

    def logs_events(self, queue: str) -> bool:
        """Tell that the application logs its events, whatever the queue."""
        return True

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Hear what the application notifies, where the mapping names channels."""
        return hear_channels(self.database, tuple(self.log.shape.channels), hear)

    @property
    def _notes(self) -> tuple[str, ...]:
        shape, rows = self.log.shape, self.log.stored.rows or 0
        if rows <= _MANY_ROWS or self.log.stored.leads(shape.at):
            return ()
        return (
            f"{self.log.stored.written} has about {rows:,} rows and no index on {shape.at}: each look reads all of it",
        )

    @property
    def _order(self) -> tuple[Column, Column, Column]:
        """The columns of the log's order, which tell events of one moment apart as far as they differ."""
        kind = self.log.text(self.log.shape.kind)
        known = [(kind.in_(words), _RANKS[name]) for name, words in self.log.shape.kinds.items() if words]
        rank = (
            case(*known, else_=_RANKS[EventKind.OTHER.value]) if known else func.coalesce(_RANKS[EventKind.OTHER.value])
        )
        parts = [func.coalesce(at, "") for name, at in self._columns() if name != "error"]
        rest: Column = parts[0]
        for part in parts[1:]:
            rest = rest.concat("/").concat(part)
        return self.log.at(self.log.shape.at), rank, rest

    def _columns(self) -> Iterator[tuple[str, Column]]:
        """Yield what is read of each row as text."""
        shape = self.log.shape
        yield "kind", self.log.text(shape.kind)
        yield "job", func.coalesce(*(self.log.text(name) for name in self._job_names), cast(None, Text()))
        for name in ("worker", "correlation", "error"):
            written = getattr(shape, name)
            if self.log.has(written):
                yield name, self.log.text(written)

    @property
    def _job_names(self) -> list[str]:
        return [name for name in self.log.shape.job if self.log.has(name)]

    def _terms(self, request: EventRequest) -> Iterator[Condition]:
        shape = self.log.shape
        if request.job_id is not None:
            yield self._is_of_job(request.job_id)
        if request.correlation_id is not None:
            if not self.log.has(shape.correlation):
                raise Unsupported("the application's log has no correlation ids; narrow it by job:")
            yield self.log.equals(shape.correlation, request.correlation_id)
        if request.kinds:
            yield self._is_of_kinds(request.kinds)
        if request.since is not None:
            yield self.log.at(shape.at) >= self.log.codec(shape.at).to_store(request.since)
        if request.before is not None:
            yield self._is_before(request.before)

    def _is_of_job(self, job_id: str) -> Condition:
        """Return the condition for rows of a job, whose id the first column that is not NULL has."""
        ways = []
        before: list[Condition] = []
        for name in self._job_names:
            ways.append(and_(*before, self.log.equals(name, job_id)))
            before.append(self.log.text(name).is_(None))
        return or_(*ways)

    def _is_of_kinds(self, kinds: frozenset[EventKind]) -> Condition:
        kind, shape = self.log.text(self.log.shape.kind), self.log.shape
        named = kind.in_([word for one in kinds for word in shape.words(one)])
        if EventKind.OTHER not in kinds:
            return named
        return or_(named, kind.not_in([word for words in shape.kinds.values() for word in words]))

    def _is_before(self, cursor: str) -> Condition:
        at_us, known_rank, known_rest = read_cursor(cursor, (_ORDER,), (3,)).values
        moment, rank, rest = self._order
        at = self.log.codec(self.log.shape.at).to_store(from_us(int(at_us or 0)))
        within = and_(moment == at, or_(rank < known_rank, and_(rank == known_rank, rest < known_rest)))
        return and_(moment <= at, or_(moment < at, within))

    def _event(self, row: dict[str, Any]) -> Event:
        shape, word = self.log.shape, str(row["kind"])
        kind = next((EventKind(name) for name, words in shape.kinds.items() if word in words), EventKind.OTHER)
        at = self.log.time(shape.at, row["at"]) or datetime.fromtimestamp(0).astimezone()
        told = word if kind is EventKind.OTHER else row.get("error")
        return Event(
            cursor=write_cursor(Place(_ORDER, 0, (to_us(at), int(row["rank"]), str(row["rest"])))),
            at=at,
            kind=kind,
            job_id=row["job"],
            worker=_text(row.get("worker")),
            correlation_id=_text(row.get("correlation")),
            detail=_text(told),
        )


def _text(value: Any) -> Untrusted | None:  # noqa: ANN401 - what a column holds
    return None if value is None else Untrusted(str(value))
