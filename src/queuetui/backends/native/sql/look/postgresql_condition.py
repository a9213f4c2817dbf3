"""Examines a PostgreSQL server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queuetui.backends.examiner import MOST_HELD
from queuetui.backends.sql.condition import count_connections
from queuetui.model.examination import Check, HeldSnapshot
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.native.sql.look.condition_reader import ConditionReader
    from queuetui.backends.native.sql.session import Session

_KINDS = {"session": "list_held_sessions", "prepared": "list_held_prepared", "slot": "list_held_slots"}


def read_condition(reader: ConditionReader, held_s: float) -> dict[str, Any]:
    """Return the parts of an examination that this kind of server has."""
    return {
        "held": reader.ask(Check.SNAPSHOTS, lambda session: read_held(session, held_s)),
        "hidden_sessions": reader.ask(Check.SNAPSHOTS, _count_hidden) or 0,
        "unvacuumed": reader.ask(Check.AUTOVACUUM, _read_unvacuumed),
        "connections": reader.read(Check.CONNECTIONS, lambda connection, _: count_connections(connection)),
    }


def read_held(session: Session, held_s: float) -> tuple[HeldSnapshot, ...]:
    """Return the holders of old row versions, the oldest first; slots, whose time is unknown, come last."""
    held = [
        HeldSnapshot(kind, Untrusted(name), _text(user), _text(application), since, age_s)
        for kind, block in _KINDS.items()
        for name, user, application, since, age_s in session.rows(block, held_s=held_s, most=MOST_HELD)
    ]
    return tuple(sorted(held, key=lambda one: -(one.age_s or 0.0))[:MOST_HELD])


def _count_hidden(session: Session) -> int:
    row = session.row("count_hidden_sessions")
    return 0 if row is None else int(row[0])


def _read_unvacuumed(session: Session) -> tuple[Untrusted, ...]:
    """Return what autovacuum skips: `*` where it is off, else our tables on which it is disabled."""
    if session.row("read_vacuuming") == ("off",):
        return (Untrusted("*"),)
    return tuple(Untrusted(row[0]) for row in session.rows("list_unvacuumed", most=MOST_HELD))


def _text(value: str | None) -> Untrusted | None:
    return Untrusted(value) if value else None
