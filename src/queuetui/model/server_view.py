"""The condition of a store's server in sections: read only and bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from queuetui.model.text import Untrusted, sanitize

MOST_SESSIONS = 100
MOST_TABLES = 50
MOST_STATEMENTS = 10
STATEMENT_CAP = 2_000

Value = Untrusted | str | int | float | None


class SectionName(StrEnum):
    """The sections, in the order in which they are shown."""

    SERVER = "server"
    CONNECTIONS = "connections"
    LOCKS = "locks"
    TABLES = "tables"
    STATEMENTS = "statements"
    SLOW_LOG = "slow_log"


COLUMNS: Mapping[SectionName, tuple[str, ...]] = {
    SectionName.SERVER: ("name", "value"),
    SectionName.CONNECTIONS: ("pid", "user", "application", "address", "state", "state_seconds", "transaction_seconds"),
    SectionName.LOCKS: ("waiting", "waiting_user", "wait_seconds", "on", "blocked_by", "user", "application", "state"),
    SectionName.TABLES: ("table", "rows", "bytes", "dead", "dead_unit"),
    SectionName.STATEMENTS: ("mean_ms", "total_ms", "calls", "statement"),
    SectionName.SLOW_LOG: ("ms", "at", "client", "statement"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """One table of it, whose rows have the columns of its name.

    `unread` says why it, or a part of it, could not be read and what to grant.
    """

    name: SectionName
    rows: tuple[Mapping[str, Value], ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True)
class ServerView:
    """All sections of a server."""

    product: str
    version: Untrusted
    sections: tuple[Section, ...]


def describe_server(view: ServerView) -> dict[str, Any]:
    """Return it as programs read it; texts are made safe."""
    return {
        "product": view.product,
        "version": sanitize(view.version, STATEMENT_CAP),
        **{one.name.value: [describe_row(row) for row in one.rows] for one in view.sections},
        "unread": {one.name.value: one.unread for one in view.sections if one.unread},
    }


def describe_row(row: Mapping[str, Value]) -> dict[str, Any]:
    """Return a row with its texts made safe."""
    return {
        name: sanitize(value, STATEMENT_CAP) if isinstance(value, Untrusted) else value for name, value in row.items()
    }
