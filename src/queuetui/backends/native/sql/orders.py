"""The orders in which pages can be read straight from an index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from queuetui.backends.reading.sorting import PLAIN_FIELDS
from queuetui.model.query import Sort

_COLUMN_OF = {"scheduled": "due_at", "completed": "done_at"}


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an order."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A total order; its last column is always the id."""

    name: str
    keys: tuple[Key, ...]

    def reverse(self) -> Order:
        """Return the order read from its end."""
        return Order(self.name, tuple(Key(key.column, not key.descending) for key in self.keys))

    def runs(self) -> Iterator[tuple[Key, ...]]:
        """Yield the neighbouring columns that go the same way: a row comparison can only span those."""
        for _, keys in groupby(self.keys, key=lambda key: key.descending):
            yield tuple(keys)


CLAIM = Order("claim", (Key("priority", descending=True), Key("due_at"), Key("id")))
RUN = Order("run", (Key("claimed_at"), Key("id")))
DUE = Order("due", (Key("due_at"), Key("id")))
DONE = Order("done", (Key("done_at", descending=True), Key("id")))
NEWEST = Order("newest", (Key("id", descending=True),))
DONE_OLDEST = Order("done_oldest", DONE.reverse().keys)
DUE_LATEST = Order("due_latest", DUE.reverse().keys)


def column_of(sort: Sort) -> str:
    """Return the column that a sort goes by."""
    return sort.field if sort.field in PLAIN_FIELDS else _COLUMN_OF.get(sort.field, f"{sort.field}_at")
