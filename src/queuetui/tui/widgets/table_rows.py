"""The rows of a table with a cursor and marks that belong to keys, never to positions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from queuetui.tui.present.table import Row


class Replaced(NamedTuple):
    """How new rows changed the cursor and the marks."""

    previous_cursor: str | None
    lost_cursor: str | None
    lost_marks: tuple[str, ...]


class TableRows:
    """Rows in order; the cursor follows its row by key, and marks are keys."""

    def __init__(self) -> None:
        self.rows: Sequence[Row] = ()
        self.cursor = 0
        self._places: dict[str, int] = {}
        self._marks: dict[str, None] = {}
        self._last_mark: str | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def cursor_key(self) -> str | None:
        """The key under the cursor, None where there are no rows."""
        return self.rows[self.cursor].key if self.rows else None

    @property
    def marks(self) -> frozenset[str]:
        """The marked keys."""
        return frozenset(self._marks)

    @property
    def targets(self) -> tuple[str, ...]:
        """The keys that an act applies to: the marked ones in row order, else the one under the cursor."""
        if not self._marks:
            return () if self.cursor_key is None else (self.cursor_key,)
        behind = len(self.rows)
        return tuple(sorted(self._marks, key=lambda key: self._places.get(key, behind)))

    def is_marked(self, key: str) -> bool:
        """Tell whether the row is marked."""
        return key in self._marks

    def place_of(self, key: str) -> int | None:
        """Return the position of a key among the rows."""
        return self._places.get(key)

    def replace(self, rows: Sequence[Row], *, cursor_key: str | None, keep_absent_marks: bool) -> Replaced:
        """Take new rows; the cursor goes to `cursor_key`, else stays with its row, else goes to a neighbour."""
        before, place, previous = self.rows, self.cursor, self.cursor_key
        self.rows = rows
        self._places = {row.key: place for place, row in reversed(list(enumerate(rows)))}
        wanted = cursor_key if cursor_key in self._places else previous
        is_lost = wanted is not None and wanted not in self._places
        self.cursor = self._places[wanted] if wanted in self._places else self._neighbour(before, place)
        lost_marks = () if keep_absent_marks else self._drop_absent_marks()
        return Replaced(previous, wanted if is_lost else None, lost_marks)

    def move_to(self, place: int) -> bool:
        """Move the cursor to a position, or to the nearest one there is; tell whether it moved."""
        target = max(0, min(place, len(self.rows) - 1))
        moved = target != self.cursor
        self.cursor = target
        return moved

    def toggle_mark(self) -> None:
        """Mark the row under the cursor, or unmark it."""
        key = self.cursor_key
        if key is None:
            return
        if key in self._marks:
            self.unmark((key,))
        else:
            self.mark((key,))

    def mark_range(self) -> None:
        """Mark every row from the last mark to the cursor."""
        key = self.cursor_key
        if key is None:
            return
        anchor = self._places.get(self._last_mark, self.cursor) if self._last_mark else self.cursor
        first, last = sorted((anchor, self.cursor))
        self.mark(row.key for row in self.rows[first : last + 1])
        self._last_mark = key

    def mark(self, keys: Iterable[str]) -> None:
        """Mark rows; keys without a row are ignored."""
        for key in keys:
            if key in self._places:
                self._marks[key] = None
                self._last_mark = key

    def unmark(self, keys: Collection[str]) -> None:
        """Unmark rows; unmarked keys are ignored."""
        for key in keys:
            self._marks.pop(key, None)
        if self._last_mark not in self._marks:
            self._last_mark = None

    def _neighbour(self, before: Sequence[Row], place: int) -> int:
        """Return where the nearest surviving row is now: the first below the lost one, else the last above it."""
        below = (row.key for row in before[place:])
        above = (row.key for row in reversed(before[:place]))
        for keys in (below, above):
            for key in keys:
                if key in self._places:
                    return self._places[key]
        return max(0, min(place, len(self.rows) - 1))

    def _drop_absent_marks(self) -> tuple[str, ...]:
        lost = tuple(key for key in self._marks if key not in self._places)
        self.unmark(lost)
        return lost
