"""Jobs, the home screen: the live table with its tabs, filter and explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from queuetui.model.act import Verb
from queuetui.model.errors import BadQuery
from queuetui.model.job import Job
from queuetui.model.page import PageRequest
from queuetui.model.query import SORTS, Sort
from queuetui.model.snapshot import QueueInfo, Snapshot, Watch
from queuetui.model.text import Untrusted, sanitize
from queuetui.model.verdict import Verdict
from queuetui.tui.acting import Acting
from queuetui.tui.actions import Place, bindings_at
from queuetui.tui.dialogs.copy import CopyDialog
from queuetui.tui.dialogs.sort import SortDialog
from queuetui.tui.present.detail import pane_lines
from queuetui.tui.present.explanation import explain_lines
from queuetui.tui.present.frame import crumbs_line, tabs_line
from queuetui.tui.present.identity import queue_named, short_id
from queuetui.tui.present.job_rows import NORMAL, SORT_OF_COLUMN, TROUBLED, WIDE, make_rows
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import ALL_TAB, STUCK_TAB, TABS, Scope
from queuetui.tui.screens.filter import FilterScreen
from queuetui.tui.widgets.filter_bar import FilterBar
from queuetui.tui.widgets.job_table import JobTable, MarkAllAsked
from queuetui.tui.widgets.table_layout import Column
from queuetui.tui.widgets.table_messages import (
    CursorLost,
    MarksChanged,
    NearEnd,
    NearStart,
    RowHighlighted,
    RowSelected,
)
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.window import Window

if TYPE_CHECKING:
    from queuetui.operate.manifest import Manifest
    from queuetui.operate.operations import Operations

_SLOW_AFTER_S = 0.3
_PANE_LINES = 12
_TROUBLED_TABS = frozenset({"4", "5", "6"})


class JobsScreen(Acting):
    """Reads one window of the jobs in its scope; the cursor and the marks belong to job ids."""

    PLACE = Place.JOBS
    VIEW = "jobs"
    AUTO_FOCUS = "#jobs"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(Place.JOBS)

    def __init__(self) -> None:
        super().__init__()
        self.scope = Scope()
        self._window = Window()
        self._snapshot: Snapshot | None = None
        self._shown: Snapshot | None = None
        self._seen: dict[str, Job] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._is_wide = False
        self._marks_all_matching = False
        self._slow: Timer | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield tabs, crumbs, filter, table and explanation."""
        yield TextLines("tabs")
        yield TextLines("crumbs")
        yield FilterBar("filter")
        with Container(id="jobs-body"):
            yield JobTable(NORMAL, id="jobs", empty_text=sanitize("connecting ..."))
            yield TextLines("explanation")

    @property
    def page_request(self) -> PageRequest:
        """The window of the scope."""
        return self._window.request(self.scope.query)

    @property
    def targets(self) -> Sequence[Job]:
        """The marked jobs, else the one under the cursor."""
        return [self._seen[key] for key in self._table.targets if key in self._seen]

    @property
    def footer_note(self) -> str:
        """How many are marked."""
        if self._marks_all_matching:
            return "all matching marked"
        marks = self._table.marks if self.is_mounted else frozenset()
        return f"{len(marks):,} marked" if marks else ""

    # Showing what was read

    def show_snapshot(self, snapshot: Snapshot, watch: Watch) -> None:
        """Show the counts, and the rows when they are those that are wanted now."""
        self._snapshot = snapshot
        if snapshot.page is not None and watch.page == self.page_request:
            self._stop_waiting()
            self._shown = snapshot
            self._show_rows(snapshot)
        self._show_frame_lines()

    def _show_rows(self, snapshot: Snapshot) -> None:
        page = snapshot.page
        if page is None:
            return
        marks = self._table.marks
        self._seen = {key: job for key, job in self._seen.items() if key in marks} | {
            job.ref.id: job for job in page.jobs
        }
        self._verdicts = dict(snapshot.verdicts)
        self._table.show_empty_text(sanitize(self._empty_sentence()))
        columns = self._columns
        rows = make_rows(page.jobs, self._verdicts, snapshot.now, columns)
        holds_everything = self._window.is_at_top and not page.has_more and self.scope.query.terms == ()
        self._table.set_rows(rows, keep_absent_marks=not holds_everything)
        if self._marks_all_matching:
            self._table.mark_every_row()
        self._explain()

    def _show_frame_lines(self) -> None:
        width = self.app.size.width
        queue = queue_named(self._snapshot, self.scope.queue)
        page = None if self._shown is None else self._shown.page
        self.show_lines("#tabs", [tabs_line(self.scope, self._snapshot, queue, width)])
        self.show_lines("#crumbs", [crumbs_line(self.scope, page, queue, self._snapshot)])

    def show_frame(self) -> None:
        """Show the whole frame, tabs included."""
        super().show_frame()
        self._show_frame_lines()

    def _explain(self) -> None:
        explanation = self.query_one("#explanation", TextLines)
        job = self._seen.get(self._table.cursor_key or "")
        if job is None:
            explanation.show([])
            return
        verdict, now = self._verdicts.get(job.ref.id), None if self._shown is None else self._shown.now
        width, height = max(10, explanation.size.width), max(2, explanation.size.height)
        if height < _PANE_LINES or now is None:
            explanation.show(explain_lines(job, verdict, width, height))
        else:
            explanation.show(pane_lines(job, verdict, now, width)[:height])

    def _empty_sentence(self) -> str:
        if self.scope.filter_text:
            return "No job matches this filter. Esc clears it; f builds another."
        if self.scope.tab is STUCK_TAB:
            return "Nothing is stuck. 1 shows all jobs."
        if self.scope.tab is not ALL_TAB or self.scope.queue is not None:
            return "No such jobs now. 1 shows all states, Q chooses another queue."
        return "No jobs here yet. Programs enqueue them, and so does: queuetui enqueue TYPE"

    # Choosing what is read

    def choose_tab(self, digit: str) -> None:
        """Show one state tab."""
        self._rescope(replace(self.scope, tab=next(tab for tab in TABS if tab.digit == digit)))

    def choose_queue(self, queue: Untrusted | None) -> None:
        """Show one queue, or all."""
        self._rescope(replace(self.scope, queue=queue))

    def apply_filter_text(self, text: str) -> None:
        """Filter by what was written; a text that cannot be read changes nothing."""
        try:
            self._rescope(self.scope.filtered(text))
        except BadQuery as error:
            self.flash(str(error), Tone.CRITICAL)

    def _rescope(self, scope: Scope) -> None:
        if scope == self.scope:
            return
        self.scope = scope
        self._marks_all_matching = False
        self._window.reset()
        sorted_column = next(
            (key for key, field in SORT_OF_COLUMN.items() if scope.sort and field == scope.sort.field), None
        )
        self._table.show_sort(sorted_column, descending=scope.sort is not None and scope.sort.descending)
        self._set_columns()
        self._read_again()

    def _read_again(self) -> None:
        self._stop_waiting()
        self._slow = self.set_timer(_SLOW_AFTER_S, lambda: self.flash("Reading ...", Tone.MUTED, gently=True))
        self.console.read_again()
        self._show_frame_lines()
        self.show_footer()

    def _stop_waiting(self) -> None:
        if self._slow is not None:
            self._slow.stop()
            self._slow = None

    def clear_one(self) -> bool:
        """Clear the filter being typed, else the filter, else the marks; False when there is nothing to clear."""
        bar = self.query_one(FilterBar)
        if bar.is_open or self.scope.filter_text:
            bar.close()
            self._table.focus()
            self._rescope(replace(self.scope, filter_text=""))
            return True
        if self._table.marks or self._marks_all_matching:
            self._table.action_unmark_all()
            return True
        return False

    @on(FilterBar.Filtered)
    def _take_filter(self, event: FilterBar.Filtered) -> None:
        self.apply_filter_text(event.text)
        if event.kept:
            self.query_one(FilterBar).close()
            self._table.focus()

    def action_live_filter(self) -> None:
        """Open the filter line."""
        self.query_one(FilterBar).open(self.scope.filter_text)

    def action_build_filter(self) -> None:
        """Open the filter form."""

        def take(text: str | None) -> None:
            if text is not None:
                self.apply_filter_text(text)

        self.app.push_screen(FilterScreen(self.scope, self.console.connection, self.console.errands), take)

    # Order and columns

    def action_sort(self) -> None:
        """Choose the order from a list."""

        def take(field: str | None) -> None:
            if field is not None:
                self._rescope(
                    replace(
                        self.scope, sort=None if field == "" else Sort(field, descending=self._is_descending(field))
                    )
                )

        self.app.push_screen(SortDialog(SORTS, self.scope.sort), take)

    def _is_descending(self, field: str) -> bool:
        """Return the order a person means first: newest, most and most urgent on top; names from A on."""
        return field not in {"type", "queue", "state"}

    def action_move_sort(self, step: int) -> None:
        """Order by a neighbouring column."""
        shown = [SORT_OF_COLUMN[key] for key in self._table.shown_columns if key in SORT_OF_COLUMN]
        present = (
            -1 if self.scope.sort is None or self.scope.sort.field not in shown else shown.index(self.scope.sort.field)
        )
        place = len(shown) - 1 if present < 0 and step < 0 else (present + step) % len(shown)
        self._rescope(replace(self.scope, sort=Sort(shown[place], self._is_descending(shown[place]))))

    def action_invert_sort(self) -> None:
        """Turn the order round."""
        sort = self.scope.sort
        turned = Sort("created", descending=False) if sort is None else Sort(sort.field, descending=not sort.descending)
        self._rescope(replace(self.scope, sort=turned))

    def action_wide(self) -> None:
        """Switch between the usual columns and the wide ones."""
        self._is_wide = not self._is_wide
        self._set_columns()

    @property
    def _columns(self) -> tuple[Column, ...]:
        if self._is_wide:
            return WIDE
        return TROUBLED if self.scope.tab.digit in _TROUBLED_TABS else NORMAL

    def _set_columns(self) -> None:
        jobs = () if self._shown is None or self._shown.page is None else self._shown.page.jobs
        now = None if self._shown is None else self._shown.now
        rows = [] if now is None else make_rows(jobs, self._verdicts, now, self._columns)
        self._table.set_columns(self._columns, rows, keep_absent_marks=True)

    # The table's words

    @on(RowHighlighted)
    def _follow_cursor(self) -> None:
        self._explain()

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        self.console.open_job(event.key)

    @on(NearEnd)
    def _reach_down(self) -> None:
        page = None if self._shown is None else self._shown.page
        if page is not None and self._window.move_down(page):
            self.console.read_again()

    @on(NearStart)
    def _reach_up(self) -> None:
        if self._window.move_up():
            self.console.read_again()

    @on(CursorLost)
    def _tell_lost_cursor(self, event: CursorLost) -> None:
        if event.new_key is not None and self._slow is None:
            self.flash(
                f"{sanitize(short_id(event.key))} is no longer in this list; the cursor is on its neighbour",
                Tone.MUTED,
                gently=True,
            )

    @on(MarksChanged)
    def _tell_marks(self, event: MarksChanged) -> None:
        if not event.marks:
            self._marks_all_matching = False
        if event.lost:
            self.flash(f"{len(event.lost)} marked jobs are gone and were unmarked", Tone.WARNING)
        self.show_footer()

    @on(MarkAllAsked)
    def _mark_all(self) -> None:
        page = None if self._shown is None else self._shown.page
        every = {row.key for row in self._table.rows}
        if page is not None and page.has_more and every <= self._table.marks:
            self._marks_all_matching = True
            self.flash("All that match are marked; the dialog of an act counts them", Tone.WARNING)
        else:
            self._table.mark_every_row()
            if page is not None and page.has_more:
                self.flash(f"{len(every):,} marked; a again marks all that match")
        self.show_footer()

    # Acts

    def prepare_act(self, operations: Operations, verb: Verb) -> Callable[[], Manifest] | None:
        """Return the manifest's reader: for the marked jobs, or for all that match when all are marked."""
        if not self._marks_all_matching:
            return super().prepare_act(operations, verb)
        query = self.scope.query
        return lambda: operations.prepare_matching(verb, query)

    def prepare_purge(self, operations: Operations) -> Callable[[], Manifest] | None:
        """Return the reader of all that match the present scope."""
        query = self.scope.query
        return lambda: operations.prepare_purge(query)

    @property
    def queue_in_question(self) -> QueueInfo | None:
        """The chosen queue, else that of the job under the cursor."""
        job = self._seen.get(self._table.cursor_key or "")
        return queue_named(self._snapshot, self.scope.queue or (None if job is None else job.queue))

    def forget_done(self, job_ids: set[str]) -> None:
        """Take the marks off jobs that are done."""
        self._marks_all_matching = False
        self._table.unmark(job_ids)

    # Looking closer

    def action_explain(self) -> None:
        """Open the job under the cursor at its verdict."""
        key = self._table.cursor_key
        if key is not None:
            self.console.open_job(key, "Why")

    def action_copy(self) -> None:
        """Choose what to copy of the job under the cursor."""
        job = self._seen.get(self._table.cursor_key or "")
        if job is not None:
            self.app.push_screen(CopyDialog(job, self._verdicts.get(job.ref.id)), self.flash_copied)

    @property
    def _table(self) -> JobTable:
        return self.query_one("#jobs", JobTable)
