"""The contract of looks at a store's server, for a person; each look only reads, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.model.server_view import COLUMNS, Section, SectionName, ServerView, Value


@runtime_checkable
class ServerLook(Protocol):
    """Describes the server behind a store."""

    def look(self) -> ServerView:
        """Return the view of the server.

        A section that cannot be read says why; the others are still returned.
        """
        ...


def read_section(name: SectionName, read: Callable[[], list[tuple[Value, ...]]], grant: str = "") -> Section:
    """Return a section of rows, or one that says why it cannot be read; raises Unreachable."""
    try:
        return Section(name, tuple(dict(zip(COLUMNS[name], row, strict=True)) for row in read()))
    except Unreachable:
        raise
    except QueueTuiError as error:
        return Section(name, (), f"{error}; {grant}" if grant else str(error))
