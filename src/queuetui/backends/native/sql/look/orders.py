"""The orders in which an index returns pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from queuetui.backends.reading.sort_orders import PLAIN_FIELDS
from queuetui.model.query import Sort

_COLUMN_OF = {"scheduled": "due_at", "completed": "done_at"}


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class IndexOrder:
    """A total order; its last column is always the id."""

    name: str
    keys: tuple[Key, ...]

    def reverse(self) -> IndexOrder:
        """Return the order read from its end."""
        return IndexOrder(self.name, tuple(Key(key.column, not key.descending) for key in self.keys))

    def runs(self) -> Iterator[tuple[Key, ...]]:
        """Yield the groups of adjacent columns with one direction: a row comparison can span only these."""
        for _, keys in groupby(self.keys, key=lambda key: key.descending):
            yield tuple(keys)


CLAIM = IndexOrder("claim", (Key("priority", descending=True), Key("due_at"), Key("id")))
RUN = IndexOrder("run", (Key("claimed_at"), Key("id")))
DUE = IndexOrder("due", (Key("due_at"), Key("id")))
DONE = IndexOrder("done", (Key("done_at", descending=True), Key("id")))
NEWEST = IndexOrder("newest", (Key("id", descending=True),))
DONE_OLDEST = IndexOrder("done_oldest", DONE.reverse().keys)
DUE_LATEST = IndexOrder("due_latest", DUE.reverse().keys)


def column_of(sort: Sort) -> str:
    """Return the column of a sort."""
    return sort.field if sort.field in PLAIN_FIELDS else _COLUMN_OF.get(sort.field, f"{sort.field}_at")
