"""Reads pages of events: by job or correlation id through an index, else among the newest events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, literal_column, or_, select, union_all

from queuetui.backends.native.event_rules import (
    CODE_OF_KIND,
    KIND_OF_CODE,
    LOOKED_EVENTS,
    looked_note,
    page_size,
    unknown_notes,
)
from queuetui.backends.native.ids import canonical_id, parse_id
from queuetui.backends.native.sql.look.column_types import JobId
from queuetui.backends.native.sql.look.console_read import open_reading
from queuetui.backends.native.sql.look.tables import event
from queuetui.backends.native.texts import storable
from queuetui.model.errors import BadQuery
from queuetui.model.event import Event, EventKind, EventPage, EventRequest
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy.engine import Row

    from queuetui.backends.native.sql.database import Database

MOST_RELATED = 1_000
_LARGEST = 2**63 - 1
# Partial indexes serve no bound values.
_CREATED: ColumnElement[int] = literal_column(str(CODE_OF_KIND[EventKind.JOB_CREATED]))


def read_events(database: Database, request: EventRequest) -> EventPage:
    """Return one page, newest first; raises BadQuery for a cursor that is none."""
    with open_reading(database, "reading events") as (connection, _):
        return read_events_in(connection, request)


def read_events_in(connection: Connection, request: EventRequest) -> EventPage:
    """Return one page, newest first, in the caller's transaction; raises BadQuery for a bad cursor."""
    size, before = page_size(request), _place(request.before)
    if _asks_for_nothing(request):
        return EventPage(())
    rows = connection.execute(_found(request, before).limit(size + 1)).all()
    notes = () if len(rows) > size else _notes(connection, request, before)
    events = tuple(map(_to_event, rows[:size]))
    known = tuple(one for one in events if one is not None)
    return EventPage(known, len(rows) > size, (*notes, *unknown_notes(len(events) - len(known))))


def _asks_for_nothing(request: EventRequest) -> bool:
    """Tell whether the query names values that no store can hold, which some drivers refuse to bind."""
    named = (request.queue, request.correlation_id)
    strange = any(name is not None and storable(name) != name for name in named)
    return strange or (request.job_id is not None and parse_id(request.job_id) is None)


def _found(request: EventRequest, before: int) -> Select[Any]:
    if request.job_id is not None:
        query = select(event).where(event.c.job_id == request.job_id, event.c.seq < before)
    elif request.correlation_id is not None:
        query = select(event).where(_is_related(request.correlation_id), event.c.seq < before)
    else:
        newest = _window(before).subquery()
        return select(newest).where(*_conditions(request, newest.c)).order_by(newest.c.seq.desc())
    return query.where(*_conditions(request, event.c)).order_by(event.c.seq.desc())


def _is_related(correlation_id: str) -> ColumnElement[bool]:
    jobs = _related(correlation_id)
    if canonical_id(correlation_id) != correlation_id:
        return event.c.job_id.in_(jobs)
    among = union_all(jobs, select(literal(correlation_id, JobId))).subquery()
    # MySQL would run a union after `in` once for each event.
    return event.c.job_id.in_(select(among.c.job_id))


def _related(correlation_id: str, most: int = MOST_RELATED) -> Select[Any]:
    """Select the jobs created with another job's correlation id: only their events are indexed by it."""
    query = select(event.c.job_id).where(event.c.correlation_id == correlation_id, event.c.kind == _CREATED)
    # MySQL allows no LIMIT in a subquery after `in`, but allows one in a derived table within it.
    return select(query.order_by(event.c.seq.desc()).limit(most).subquery().c.job_id)


def _window(before: int) -> Select[Any]:
    return select(event).where(event.c.seq < before).order_by(event.c.seq.desc()).limit(LOOKED_EVENTS)


def _conditions(request: EventRequest, columns: Any) -> list[ColumnElement[bool]]:  # noqa: ANN401 - a table's or subquery's
    asked: list[ColumnElement[bool]] = []
    if request.queue is not None:
        asked.append(columns.queue == request.queue)
    if request.correlation_id is not None:
        asked.append(_bears(request.correlation_id, columns))
    if request.kinds:
        asked.append(columns.kind.in_(sorted(CODE_OF_KIND[kind] for kind in request.kinds)))
    if request.since is not None:
        asked.append(columns.at >= request.since)
    return asked


def _bears(correlation_id: str, columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table's or subquery's
    borne: ColumnElement[bool] = columns.correlation_id == correlation_id
    if canonical_id(correlation_id) != correlation_id:
        return borne
    own = and_(columns.correlation_id.is_(None), columns.kind == _CREATED, columns.job_id == correlation_id)
    return or_(borne, own)


def _notes(connection: Connection, request: EventRequest, before: int) -> tuple[str, ...]:
    if request.job_id is not None:
        return ()
    if request.correlation_id is not None:
        related = _related(request.correlation_id, MOST_RELATED + 1).subquery()
        is_cut = connection.execute(select(func.count()).select_from(related)).scalar_one() > MOST_RELATED
        return (f"only the newest {MOST_RELATED:,} jobs of a correlation id are looked at",) if is_cut else ()
    if request.queue is None and not request.kinds:
        return ()
    newest = _window(before).subquery()
    looked, since = connection.execute(select(func.count(), func.min(newest.c.at)).select_from(newest)).one()
    cut = looked >= LOOKED_EVENTS and (request.since is None or since >= request.since)
    return (looked_note(request),) if cut else ()


def _place(cursor: str | None) -> int:
    if cursor is None:
        return _LARGEST
    if not cursor.isdecimal() or int(cursor) > _LARGEST:
        message = "this cursor is none of this log's; start from the newest event"
        raise BadQuery(message, 0)
    return int(cursor)


def _to_event(row: Row[Any]) -> Event | None:
    kind = KIND_OF_CODE.get(row.kind)
    if kind is None:
        return None
    is_own = kind is EventKind.JOB_CREATED and row.correlation_id is None
    return Event(
        str(row.seq),
        row.at,
        kind,
        _untrusted(row.queue),
        row.job_id,
        _untrusted(row.worker_id),
        _untrusted(row.job_id if is_own else row.correlation_id),
        attempt=row.attempt,
        fence=row.fence,
        moment=row.moment,
        actor=_untrusted(row.actor),
        detail=_untrusted(row.detail),
    )


def _untrusted(text: str | None) -> Untrusted | None:
    return None if text is None else Untrusted(text)
