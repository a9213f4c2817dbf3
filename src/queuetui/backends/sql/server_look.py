"""What a database server tells a person who asks why it is slow.

Each section is one short read of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from queuetui.backends.server_looks import read_section
from queuetui.backends.sql.catalog import StoredTable, read_catalog
from queuetui.backends.sql.condition import count_connections, read_version
from queuetui.model.server_view import MOST_TABLES, Section, SectionName, ServerView, Value
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import Connection

Rows = list[tuple[Value, ...]]
_DIALECTS = {"postgresql": "postgresql_view", "mysql": "mysql_view", "sqlite": "sqlite_view"}


class DialectView(Protocol):
    """How one kind of server is asked."""

    SECTIONS: dict[SectionName, Callable[..., Rows]]
    # What to do where a section is refused.
    GRANTS: dict[SectionName, str]

    def read_figures(self, connection: Connection) -> Rows:
        """Return figures of the server by name."""
        ...

    def limits_of(self, connection: Connection) -> dict[SectionName, str]:
        """Return what this user does not get to see, by section."""
        ...


@dataclass(frozen=True)
class SqlServerLook:
    """The ServerLook of a database, of which `is_meant` picks the tables of the queue."""

    reading: Callable[[str], AbstractContextManager[Connection]]
    is_meant: Callable[[StoredTable], bool]
    dialect: str

    def look(self) -> ServerView:
        """Return what the server tells."""
        view: Any = import_module(f"queuetui.backends.sql.{_DIALECTS[self.dialect]}")
        with self.reading("reading the server's version") as connection:
            product, version = read_version(connection)
            tables = [one for one in read_catalog(connection).tables if self.is_meant(one)][:MOST_TABLES]
        limits = self._limits(view)
        sections = [self._section(SectionName.SERVER, lambda connection: _figures(view, connection, version), "")]
        for name, read in view.SECTIONS.items():
            found = self._section(name, partial(read, tables=tables), view.GRANTS.get(name, ""))
            sections.append(found if found.unread else replace(found, unread=limits.get(name, "")))
        return ServerView(product, Untrusted(version), tuple(sections))

    def _section(self, name: SectionName, read: Callable[[Connection], Rows], grant: str) -> Section:
        def ask() -> Rows:
            with self.reading(f"reading the server's {name.value}") as connection:
                return read(connection)

        return read_section(name, ask, grant)

    def _limits(self, view: DialectView) -> dict[SectionName, str]:
        with self.reading("reading this user's rights") as connection:
            return view.limits_of(connection)


def _figures(view: DialectView, connection: Connection, version: str) -> Rows:
    used = count_connections(connection)
    counted: Rows = [] if used is None else [("connections", used[0]), ("connections allowed", used[1])]
    return [("version", Untrusted(version)), *counted, *view.read_figures(connection)]
