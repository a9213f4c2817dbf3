"""A table for rows that change all the time: it repaints only the changed cells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from queuetui.model.query import Sort
from queuetui.model.text import SafeText, sanitize
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.symbols import UNICODE_SYMBOLS, Symbols
from queuetui.tui.present.table import Column, Row
from queuetui.tui.widgets import table_messages
from queuetui.tui.widgets.table_rows import Replaced
from queuetui.tui.widgets.table_view import TableView

_NOTHING_HERE = sanitize("nothing here")


class LiveTable(TableView, can_focus=True):
    """Rows of safe text with a header, a cursor and marks; cursor and marks follow the rows' keys.

    Give it rows with `set_rows`, as often as wanted: what did not change costs nothing. `stale = True` dims the rows
    in place. Every tone is a component class, styled in `styles/widgets.tcss`. Messages: `RowHighlighted`,
    `RowSelected`, `CursorLost`, `MarksChanged`, `NearEnd`, `NearStart`.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings_at(KeyPlace.TABLE), *bindings_at(KeyPlace.MARKS)]

    RowHighlighted = table_messages.RowHighlighted
    RowSelected = table_messages.RowSelected
    CursorLost = table_messages.CursorLost
    MarksChanged = table_messages.MarksChanged
    NearEnd = table_messages.NearEnd
    NearStart = table_messages.NearStart

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty_text: SafeText = _NOTHING_HERE,
        symbols: Symbols = UNICODE_SYMBOLS,
        id: str | None = None,  # noqa: A002  # the name by which every Textual widget takes it
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, empty_text, symbols, id, classes)
        self._asked: tuple[type[Message], str | None] | None = None
        self._is_placed = False

    # Methods for the screen

    def set_rows(
        self,
        rows: Sequence[Row],
        *,
        cursor_key: str | None = None,
        keep_absent_marks: bool = False,
        is_new_list: bool = False,
    ) -> None:
        """Show `rows`; a placed cursor stays with its row, or goes to `cursor_key` when that is among them.

        Marks whose rows are not here any more are dropped and told, unless `keep_absent_marks`: the rows may be
        another page of the same jobs. The columns of a new list are fitted to its own contents.
        """
        self._check_cells_of(rows)
        self._is_placed = self._is_placed and cursor_key is None
        if is_new_list:
            self._widths.forget()
        with self._repainting(is_reading=True):
            replaced = self._take(rows, cursor_key, keep_absent_marks=keep_absent_marks)
        self._tell(replaced)

    def set_columns(self, columns: Sequence[Column], rows: Sequence[Row], *, keep_absent_marks: bool = False) -> None:
        """Show other columns, with rows that have a cell for each of them.

        Cursor and marks stay as with `set_rows`.
        """
        self._exchange_columns(columns)
        self._check_cells_of(rows)
        replaced = self._take(rows, None, keep_absent_marks=keep_absent_marks)
        self._keep_cursor_in_view()
        self._measure(is_reading=False)
        self.refresh()
        self._tell(replaced)

    def show_order(self, order: Sequence[Sort]) -> None:
        """Put an arrow on each column of an order; the last of them is not left out where the room is short."""
        if tuple(order) == self._order:
            return
        self._order = tuple(order)
        if self._relay():
            self.refresh()
        else:
            self._refresh_whole_line(0)

    def show_empty_text(self, text: SafeText) -> None:
        """Set the sentence shown in place of rows."""
        if text != self._empty_text:
            self._empty_text = text
            if not self._rows.rows:
                self.refresh()

    def move_cursor_to(self, key: str) -> bool:
        """Move the cursor to a row; return False if it is not loaded."""
        place = self._rows.place_of(key)
        if place is not None:
            self._move_to(place)
        return place is not None

    def mark(self, keys: Collection[str]) -> None:
        """Mark rows; keys without a row are ignored."""
        with self._marking():
            self._rows.mark(keys)

    def unmark(self, keys: Collection[str]) -> None:
        """Unmark rows, for example as an act is done with one after the other."""
        with self._marking():
            self._rows.unmark(keys)

    # Properties for the screen

    @property
    def rows(self) -> Sequence[Row]:
        """The rows as they were set."""
        return self._rows.rows

    @property
    def cursor_key(self) -> str | None:
        """The key under the cursor, None where there are no rows."""
        return self._rows.cursor_key

    @property
    def is_placed(self) -> bool:
        """Whether a person moved the cursor to its row: it then follows that row."""
        return self._is_placed

    @property
    def cursor_place(self) -> int:
        """The position of the cursor among the rows, from 0."""
        return self._rows.cursor

    @property
    def marks(self) -> frozenset[str]:
        """The marked keys."""
        return self._rows.marks

    @property
    def targets(self) -> tuple[str, ...]:
        """The keys that an act applies to: the marked ones in row order, else the one under the cursor."""
        return self._rows.targets

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The keys of the visible columns."""
        return tuple(placed.column.key for placed in self._placed)

    # Keys

    def action_move_columns(self, steps: int) -> None:
        """Show columns further right, or further left."""
        step = self._step + steps
        if step < 0 or (steps > 0 and not self._laid_out.behind):
            return
        self._step = step
        if self._relay():
            self.refresh()

    def action_move(self, lines: int) -> None:
        """Move the cursor by lines."""
        self._move_by(lines)

    def action_move_pages(self, pages: float) -> None:
        """Move the cursor and the window by pages."""
        lines = max(1, int(abs(pages) * self._body_height))
        self._move_by(lines if pages > 0 else -lines, with_window=True)

    def action_first(self) -> None:
        """Go to the first row, and stay at the top while rows come in."""
        self._move_by(-len(self._rows))
        self._is_placed = False

    def action_last(self) -> None:
        """Go to the last row."""
        self._move_by(len(self._rows))

    def action_select(self) -> None:
        """Open the row under the cursor."""
        if self._rows.cursor_key is not None:
            self._is_placed = True
            self.post_message(self.RowSelected(self, self._rows.cursor_key))

    def action_mark_down(self) -> None:
        """Mark the row, or unmark it, and move down."""
        with self._marking(by_hand=True):
            self._rows.toggle_mark()
        self._move_by(1)

    def action_mark_range(self) -> None:
        """Mark from the last mark to the cursor."""
        with self._marking(by_hand=True):
            self._rows.mark_range()

    def action_mark_all(self) -> None:
        """Mark every loaded row."""
        self.mark([row.key for row in self._rows.rows])

    def action_unmark_all(self) -> None:
        """Remove all marks."""
        with self._marking(by_hand=True):
            self._rows.unmark(self._rows.marks)

    # Moving and marking

    def _take(self, rows: Sequence[Row], cursor_key: str | None, *, keep_absent_marks: bool) -> Replaced:
        """Replace the rows, and keep the cursor where a person expects it.

        A cursor that nobody moved keeps its row number; in a scrolled table the cursor keeps its line on the screen.
        """
        screen_line = self._rows.cursor - self._top
        if rows and cursor_key is None and not self._is_placed and not self._rows.marks:
            cursor_key = rows[min(self._rows.cursor, len(rows) - 1)].key
        replaced = self._rows.replace(rows, cursor_key=cursor_key, keep_absent_marks=keep_absent_marks)
        if self._top:
            self._top = self._rows.cursor - screen_line
        return replaced

    def _tell(self, replaced: Replaced) -> None:
        key = self._rows.cursor_key
        if replaced.previous_cursor != key:
            self.post_message(self.RowHighlighted(self, key))
        if replaced.lost_cursor is not None:
            self.post_message(self.CursorLost(self, replaced.lost_cursor, key))
        if replaced.lost_marks:
            self.post_message(self.MarksChanged(self, self._rows.marks, replaced.lost_marks))

    def _move_to(self, place: int, window_lines: int = 0) -> bool:
        self._is_placed = True
        with self._repainting():
            self._top += window_lines
            moved = self._rows.move_to(place)
        if moved:
            self.post_message(self.RowHighlighted(self, self._rows.cursor_key))
        return moved

    def _move_by(self, lines: int, *, with_window: bool = False) -> None:
        moved = self._move_to(self._rows.cursor + lines, lines if with_window else 0)
        near = self._body_height
        if lines > 0 and self._rows.cursor >= len(self._rows) - near:
            self._ask_for(self.NearEnd, self._rows.rows[-1:], again=not moved)
        elif lines < 0 and self._rows.cursor < near:
            self._ask_for(self.NearStart, self._rows.rows[:1], again=not moved)
        else:
            self._asked = None

    def _ask_for(self, message: type[table_messages.TableMessage], edge: Sequence[Row], *, again: bool) -> None:
        """Ask for a page once per first or last row, and again when a key is pressed on that row."""
        asked = (message, edge[0].key if edge else None)
        if again or asked != self._asked:
            self._asked = asked
            self.post_message(message(self))

    @contextmanager
    def _marking(self, *, by_hand: bool = False) -> Iterator[None]:
        before = self._rows.marks
        with self._repainting():
            yield
        if by_hand or self._rows.marks != before:
            self.post_message(self.MarksChanged(self, self._rows.marks, by_hand=by_hand))

    def _check_cells_of(self, rows: Sequence[Row]) -> None:
        wanted = len(self._columns)
        wrong = next((row for row in rows if len(row.cells) != wanted), None)
        if wrong is not None:
            raise ValueError(f"a row of {len(wrong.cells)} cells does not fit the table's {wanted} columns")
