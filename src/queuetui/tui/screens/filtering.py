"""The filter line, for every screen that has one."""

from __future__ import annotations

from textual import on

from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.widgets.filter_bar import FilterBar
from queuetui.tui.widgets.live_table import LiveTable


class Filtering(ConsoleScreen):
    """`/` opens the line, Enter keeps what was typed, Esc clears it."""

    @property
    def filter_text(self) -> str:
        """The filter that is shown."""
        raise NotImplementedError

    def apply_filter_text(self, text: str) -> None:
        """Show the rows that a filter matches; an invalid filter changes nothing."""
        raise NotImplementedError

    def action_live_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterBar).open(self.filter_text)

    def clear_filter(self) -> bool:
        """Clear the filter being typed, else the filter; False when there is nothing to clear."""
        if not self.query_one(FilterBar).is_open and not self.filter_text:
            return False
        self._close_line()
        self.apply_filter_text("")
        return True

    @on(FilterBar.Filtered)
    def _take_filter(self, event: FilterBar.Filtered) -> None:
        self.apply_filter_text(event.text)
        if event.kept:
            self._close_line()

    def _close_line(self) -> None:
        self.query_one(FilterBar).close()
        self.query_one(LiveTable).focus()
