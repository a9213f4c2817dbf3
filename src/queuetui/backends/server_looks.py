"""A role that shows a person what serves a store; each look only reads, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.model.server_view import COLUMNS, Section, SectionName, ServerView, Value


@runtime_checkable
class ServerLook(Protocol):
    """Tells of the server behind a store."""

    def look(self) -> ServerView:
        """Return what it tells.

        What cannot be read is said in its section, and the rest is still told.
        """
        ...


def read_section(name: SectionName, read: Callable[[], list[tuple[Value, ...]]], grant: str = "") -> Section:
    """Return a section of rows; one that cannot be read says why; raises Unreachable."""
    try:
        return Section(name, tuple(dict(zip(COLUMNS[name], row, strict=True)) for row in read()))
    except Unreachable:
        raise
    except QueueTuiError as error:
        return Section(name, (), f"{error}; {grant}" if grant else str(error))
