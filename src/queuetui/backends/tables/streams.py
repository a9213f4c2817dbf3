"""The rows of one source, read in chunks, and those of several sources merged.

Where a filter finds no chunk in time, rows are looked at window by window, and the page ends where the time is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sqlalchemy import Select, select

from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.orders import BY_KEY, Order, Side, Spot
from queuetui.backends.tables.rows import Record, columns
from queuetui.backends.tables.source import Column, Condition

# How long a filter may look for a chunk by itself, before rows are looked at window by window; and all windows of a page.
DIRECT_S = 0.2
WINDOWS_S = 0.3
WINDOW_ROWS = 10_000


@dataclass(slots=True)
class Stream:
    """The rows of one source that come after a spot in an order, as far as they match."""

    reading: Reading
    order: Order
    where: Condition
    # Behind the row that was taken last.
    spot: Spot
    # How many rows are read at once, and how much of their long texts.
    chunk: int
    chars: int
    # Whether rows are many and few may match, so that the time to look for them is bounded.
    walks: bool = False
    # Whether no index can help to find them, so that they are looked for by windows from the start.
    is_scan: bool = False
    # The share of the time to look that is spent on this source.
    share: float = 1.0
    window_rows: int = field(default_factory=lambda: WINDOW_ROWS)
    # How many rows were looked at in windows.
    passed: int = 0
    # Behind the last window.
    _edge: Spot | None = None
    # What was read and not taken, the next row last.
    _ahead: list[Record] = field(default_factory=list)
    _ended: bool = False
    _paused: bool = False

    @property
    def name(self) -> str:
        """The source's name."""
        return self.order.source.name

    def peek(self) -> Record | None:
        """Return the next row without taking it."""
        if not self._ahead and not self._ended and not self._paused:
            self._ahead = self._fetch()[::-1]
        return self._ahead[-1] if self._ahead else None

    def take(self) -> Record:
        """Take the row that `peek` showed."""
        record = self._ahead.pop()
        self.spot = self._behind(self._values(record))
        return record

    def sort_value(self, record: Record) -> Any:  # noqa: ANN401 - whatever it is ordered by
        """Return what a row is ordered by, as other sources tell it; None where its key decides."""
        if self.order.by == BY_KEY:
            return None
        one = self.order.source.fields.get(self.order.by)
        return record["order_0"] if one is None else one.codec.from_store(record["order_0"])

    @property
    def is_paused(self) -> bool:
        """Whether the time was over before all rows were looked at, and all that were found are taken."""
        return self._paused and not self._ahead

    @property
    def reached(self) -> Spot:
        """The spot that the next page goes on from: behind all that was looked at."""
        return self._edge if self.is_paused and self._edge is not None else self.spot

    def _fetch(self) -> list[Record]:
        if not self.is_scan and self._edge is None:
            found = self._fetch_directly()
            if found is not None:
                self._ended = len(found) < self.chunk
                return found
        return self._fetch_by_windows()

    def _fetch_directly(self) -> list[Record] | None:
        chosen = self._chosen().where(self.order.beyond(self.spot)).limit(self.chunk)
        if not self.walks:
            return list(self.reading.connection.execute(chosen).mappings())
        found = fetch_within(self.reading.connection, chosen, DIRECT_S) if DIRECT_S else None
        return None if found is None else [row._mapping for row in found]  # noqa: SLF001 - SQLAlchemy's public name for it

    def _fetch_by_windows(self) -> list[Record]:
        """Look at one window of rows after the other, until a chunk is found or the time is over."""
        deadline = monotonic() + (WINDOWS_S + (DIRECT_S if self.is_scan else 0)) * self.share
        found: list[Record] = []
        begin = self.spot if self._edge is None else self._edge
        while len(found) < self.chunk:
            end = self._window_end(begin)
            within = self._chosen().where(self.order.beyond(begin))
            if end is not None:
                within = within.where(self.order.turned().beyond(end.turned()))
            found += self.reading.connection.execute(within.limit(self.chunk - len(found))).mappings()
            if len(found) >= self.chunk:
                begin = self._behind(self._values(found[-1]))
            elif end is None:
                self._ended = True
                return found
            else:
                begin = end
                self.passed += self.window_rows
                if monotonic() >= deadline:
                    self._paused = True
                    break
        self._edge = begin
        return found

    def _window_end(self, begin: Spot) -> Spot | None:
        """Return the spot behind a window, None where the rows end in it."""
        rows = select(*self._ordered_by()).select_from(self.order.source.rows)
        rows = rows.where(self.order.beyond(begin)).order_by(*self.order.clauses())
        rows = rows.offset(self.window_rows - 1).limit(1)
        last = self.reading.connection.execute(rows).one_or_none()
        return None if last is None else self._behind(tuple(last))

    def _chosen(self) -> Select[Any]:
        source = self.order.source
        read = (*columns(source, self.reading, self.chars), *self._ordered_by())
        return select(*read).select_from(source.rows).where(self.where).order_by(*self.order.clauses())

    def _ordered_by(self) -> list[Column]:
        return [at.label(f"order_{n}") for n, at in enumerate(self.order.columns)]

    def _values(self, record: Record) -> tuple[Any, ...]:
        return tuple(record[f"order_{n}"] for n in range(len(self.order.columns)))

    def _behind(self, values: tuple[Any, ...]) -> Spot:
        return Spot(self.order.by, Side.AFTER, values)


def merge(streams: Sequence[Stream]) -> Iterator[Stream]:
    """Yield, row by row, the stream whose row comes next; among equals the first of them."""
    while True:
        best: tuple[Stream, Record] | None = None
        for stream in streams:
            head = stream.peek()
            if head is not None and (best is None or _comes_first(stream, head, best)):
                best = (stream, head)
        if best is None:
            return
        yield best[0]


def _comes_first(stream: Stream, head: Record, best: tuple[Stream, Record]) -> bool:
    return stream.order.goes_first(best[0].order, stream.sort_value(head), best[0].sort_value(best[1]))
