"""A live list of jobs: its request, its rows, and the messages of its table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from queuetui.model.errors import BadQuery
from queuetui.model.page import Page
from queuetui.model.picture import Picture
from queuetui.model.query import Query
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.text import Untrusted, sanitize
from queuetui.tui.present.crumbs import crumbs_lines
from queuetui.tui.present.emptiness import empty_sentence
from queuetui.tui.present.identity import queue_named, short_id
from queuetui.tui.present.job_columns import NORMAL
from queuetui.tui.present.tabs import tabs_line
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import TABS, Scope
from queuetui.tui.screens.console_screen import SENTENCE_CAP
from queuetui.tui.screens.windowed_jobs import WindowedJobs
from queuetui.tui.widgets.filter_bar import FilterBar
from queuetui.tui.widgets.job_table import JobTable
from queuetui.tui.widgets.row_pane import RowPane
from queuetui.tui.widgets.status_line import OF_A_LIST, About
from queuetui.tui.widgets.table_messages import (
    CursorLost,
    RowHighlighted,
    RowSelected,
)
from queuetui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.tui.session import ConsoleLink

_SLOW_AFTER_S = 0.3
PAGE = "page"


class JobList(WindowedJobs):
    """Reads one window of the jobs in its scope; cursor and marks follow the jobs' ids."""

    def __init__(self) -> None:
        super().__init__()
        self.snapshot: Snapshot | None = None
        self._slow: Timer | None = None
        self._problem = ""

    def compose_body(self) -> Iterable[Widget]:
        """Yield tabs, crumbs, filter, table and explanation."""
        yield TextLines("tabs")
        yield TextLines("crumbs")
        yield FilterBar("filter")
        with Container(id="jobs-body"):
            yield JobTable(NORMAL, id="jobs", empty_text=sanitize("connecting ..."))
            yield RowPane("explanation")

    @property
    def query_of_all(self) -> Query:
        """The query of the whole scope."""
        return self.scope.query

    # Showing what was read

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the counts, and the rows if the picture has those that are wanted now."""
        self.snapshot = snapshot = picture.snapshot
        if snapshot.page is not None and watch.page == self.page_request and not self.reads_elsewhere(snapshot.page):
            self._stop_waiting()
            self._shown, self._problem, self.has_read = snapshot, "", True
            self._show_rows(picture)
            self.missed = None
            self.go_on_looking(snapshot.page)
        elif watch.page == self.page_request and PAGE in picture.problems:
            self._show_problem(picture.problems[PAGE])
        self._show_frame_lines()

    @property
    def read_at(self) -> datetime | None:
        """When the rows were read."""
        return None if self._shown is None else self._shown.now

    @property
    def is_stale(self) -> bool:
        """Whether the rows are older than the latest picture, as reading them again failed."""
        return bool(self._problem)

    def _show_problem(self, reason: str) -> None:
        """Say above the rows that they are old, and why they could not be read again.

        If no rows of this list have been read, say it in their place.
        """
        self._stop_waiting()
        self._problem = reason
        self.end_looking()
        if self.has_read:
            self.table.stale = bool(self.table.rows)
        else:
            self._clear_rows(self.waiting_text)

    @property
    def waiting_text(self) -> str:
        """The sentence that says why there are no rows."""
        return f"These jobs could not be read. {self._problem}" if self._problem else super().waiting_text

    def _clear_rows(self, sentence: str) -> None:
        """Remove the rows of another list, and show a sentence in their place."""
        self._shown = None
        self.table.may_mark = True
        self.table.show_empty_text(sanitize(sentence, SENTENCE_CAP))
        self.table.set_rows([], keep_absent_marks=True)
        self._show_frame_lines()
        self._explain()

    def _show_rows(self, picture: Picture) -> None:
        page = picture.snapshot.page
        if page is None:
            return
        marks = self.table.marks
        self.seen = {key: job for key, job in self.seen.items() if key in marks} | {
            job.ref.id: job for job in page.jobs
        }
        self.verdicts = dict(picture.verdicts)
        self.table.show_empty_text(sanitize("" if page.jobs else self._say_none(page), SENTENCE_CAP))
        if self._table_columns != self.columns:
            self.set_columns()
        rows = self._make_rows(picture.snapshot, page.jobs)
        keep_absent_marks = not self.holds_everything(page) or self.scope.query.terms != ()
        here = self.table.cursor_key
        cursor = rows[0].key if rows and self.is_new_scope and all(row.key != here for row in rows) else None
        is_new_list, self.is_new_scope, self.table.may_mark = self.is_new_scope, False, True
        self.table.set_rows(rows, cursor_key=cursor, keep_absent_marks=keep_absent_marks, is_new_list=is_new_list)
        self._show_order()
        self.mark_arrivals()
        self._explain()

    def _say_none(self, page: Page) -> str:
        """Return the sentence for a page without jobs."""
        from queuetui.monitor.no_such_jobs import why_none

        capabilities = self.console.capabilities
        impossible = "" if capabilities is None else why_none(self.scope.query, capabilities)
        is_native = capabilities is None or capabilities.native
        return empty_sentence(self.scope, page, self.looked_before, impossible, is_native=is_native)

    def _show_frame_lines(self) -> None:
        width = self.app.size.width
        queue = queue_named(self.snapshot, self.scope.queue)
        # Not every queue is in the snapshot: for one that is not, only the count of its list is known.
        counted = self.snapshot if queue is not None or self.scope.queue is None else None
        listed = None if self.page is None or self.scope.filter_text else self.page.total
        self.show_lines("#tabs", [tabs_line(self.scope, counted, queue, width, listed)])
        self.show_lines(
            "#crumbs",
            crumbs_lines(
                self.scope,
                self.page,
                queue,
                self.snapshot,
                width,
                notes=self._notes,
                looked_before=self.looked_before,
                order=self._table_columns.order_in_words(self.present_order),
            ),
        )

    @property
    def _notes(self) -> tuple[str, ...]:
        """The notes about rows that could not be read again."""
        if not self._problem or self._shown is None:
            return ()
        return (f"these rows are of {self._shown.now:%H:%M:%S}; reading them again failed: {self._problem}",)

    def show_frame(self) -> None:
        """Show the whole frame, tabs included."""
        super().show_frame()
        self._show_frame_lines()

    def refuse(self, link: ConsoleLink, reason: str) -> None:
        """Show the reason in place of the rows, which belong to another filter."""
        self._stop_waiting()
        self.has_read = True
        self._clear_rows(f"{reason}  Esc clears the filter.")
        super().refuse(link, reason)

    # Choosing what is read

    def step_back(self) -> bool:
        """Undo the filter, else the tab, else the queue, if it was chosen on this screen.

        Return False if none was.
        """
        shorter = self.scope.without_last(self.console.opened_scope)
        if shorter is not None:
            self.rescope(shorter)
        return shorter is not None

    def choose_tab(self, digit: str) -> None:
        """Show one state tab."""
        self.rescope(replace(self.scope, tab=next(tab for tab in TABS if tab.digit == digit)))

    def choose_queue(self, queue: Untrusted | None) -> None:
        """Show one queue, or all."""
        self.rescope(replace(self.scope, queue=queue))

    def apply_filter_text(self, text: str) -> None:
        """Filter the jobs; an invalid filter changes nothing."""
        try:
            self.rescope(self.scope.filtered(text))
        except BadQuery as error:
            self.flash(str(error), Tone.CRITICAL, about=About.LIST)

    def rescope(self, scope: Scope) -> None:
        """Show the jobs of another scope, from its top."""
        if scope == self.scope:
            return
        self.scope = scope
        self.is_new_scope, self.table.may_mark = True, False
        self.has_read, self.is_looking, self.looked_before, self._problem = False, False, 0, ""
        self.mean_marked_only()
        self.status.end_about(*OF_A_LIST)
        self.window.reset()
        self.set_columns()
        self._read_again()

    def _read_again(self) -> None:
        self._stop_waiting()
        if self.console.link.is_down:
            self._say_unread()
        else:
            self._slow = self.set_timer(_SLOW_AFTER_S, self._say_unread)
        self.console.read_again()
        self._show_frame_lines()
        self.show_footer()

    def _stop_waiting(self) -> None:
        if self._slow is not None:
            self._slow.stop()
            self._slow = None

    def _say_unread(self) -> None:
        self._clear_rows(self.waiting_text)

    # Messages of the table

    @on(RowHighlighted)
    def _follow_cursor(self) -> None:
        self._explain()

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        self.console.open_job(event.key)

    @on(CursorLost)
    def _tell_lost_cursor(self, event: CursorLost) -> None:
        if event.new_key is not None and self._slow is None:
            is_whole = self._shown is not None and self.holds_everything(self._shown.page)
            gone = "no longer in this list" if is_whole else "gone from its place in this list"
            self.flash(
                f"{sanitize(short_id(event.key))} is {gone}; the cursor is on its neighbour",
                Tone.MUTED,
                about=About.CURSOR,
                gently=True,
            )
