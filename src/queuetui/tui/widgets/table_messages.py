"""The messages that a live table posts to its screen, such as `LiveTable.RowSelected`."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.widget import Widget


@dataclass
class TableMessage(Message):
    """A message of a table."""

    table: Widget

    @property
    def control(self) -> Widget:
        """The table, for the selectors of `on`."""
        return self.table


@dataclass
class RowHighlighted(TableMessage, namespace="live_table"):
    """The cursor moved to another row; its key is None if there are no rows."""

    key: str | None


@dataclass
class RowSelected(TableMessage, namespace="live_table"):
    """Enter was pressed on a row."""

    key: str


@dataclass
class CursorLost(TableMessage, namespace="live_table"):
    """The row under the cursor disappeared, and the cursor moved to its neighbour."""

    key: str
    new_key: str | None


@dataclass
class MarksChanged(TableMessage, namespace="live_table"):
    """The set of marks changed.

    `lost` are the marks whose rows disappeared; `by_hand` is true if a key of the table changed the marks.
    """

    marks: frozenset[str]
    lost: tuple[str, ...] = ()
    by_hand: bool = False


@dataclass
class NearEnd(TableMessage, namespace="live_table"):
    """A person moves towards the last row, so the next page may be wanted."""


@dataclass
class NearStart(TableMessage, namespace="live_table"):
    """A person moves towards the first row, so the previous page may be wanted."""
