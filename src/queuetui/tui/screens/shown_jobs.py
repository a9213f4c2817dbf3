"""The display of a list of jobs: its columns, its order, and the pane about the job under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.model.job import Job
from queuetui.model.page import Page
from queuetui.model.query import Sort
from queuetui.model.snapshot import Snapshot
from queuetui.model.state import State
from queuetui.model.verdict import Verdict
from queuetui.tui.present.explanation import explain_lines
from queuetui.tui.present.job_columns import NORMAL, JobColumns, columns_for
from queuetui.tui.present.job_rows import make_rows
from queuetui.tui.present.lines import TextLine
from queuetui.tui.present.table import Column, Row
from queuetui.tui.scope import Scope
from queuetui.tui.screens.arrangement import Arranging
from queuetui.tui.widgets.row_pane import RowPane, RowRenderer

_PANE_LINES = 12
TROUBLED_TABS = frozenset({"4", "5", "6"})


class ShownJobs(Arranging):
    """Shows the jobs that were read last, in the columns that suit the scope."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = Scope()
        self._shown: Snapshot | None = None
        self._table_columns = JobColumns(NORMAL)

    @property
    def page(self) -> Page | None:
        """The shown page, None until one of this list has been read."""
        return None if self._shown is None or not self.has_read else self._shown.page

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns that suit the scope, hidden ones included."""
        capabilities = self.console.capabilities
        kept = frozenset(State) if capabilities is None else capabilities.keeps
        is_troubled = self.scope.tab.digit in TROUBLED_TABS
        return columns_for(self.scope.query, kept, is_troubled=is_troubled, is_wide=self.is_wide).columns

    def set_columns(self) -> None:
        """Show the rows in the columns that suit the scope."""
        columns, shown = self.columns, self._shown
        self._table_columns = columns
        rows = self._make_rows(shown, shown.page.jobs) if shown is not None and shown.page is not None else []
        self.table.set_columns(columns.columns, rows, keep_absent_marks=True)
        self._show_order()

    def _make_rows(self, snapshot: Snapshot, jobs: Sequence[Job]) -> list[Row]:
        return make_rows(jobs, self.verdicts, snapshot.now, self._table_columns.columns, snapshot.workers)

    def _show_order(self) -> None:
        self.table.show_order(self._table_columns.marks(self.present_order))

    @property
    def own_order(self) -> tuple[Sort, ...]:
        """The default order in which the store lists these jobs."""
        return () if self.page is None else self.page.order

    def _explain(self) -> None:
        pane = self.query_one("#explanation", RowPane)
        job, shown = self.job_under_cursor, self._shown
        if job is None:
            pane.show_row(None, None)
            return
        may_act = not self.console.is_read_only
        verdict = self.verdicts.get(job.ref.id)
        pane.show_row(job.ref.id, job_renderer(job, verdict, shown, pane.size.height, may_act=may_act))


def job_renderer(
    job: Job, verdict: Verdict | None, shown: Snapshot | None, lines: int, *, may_act: bool
) -> RowRenderer:
    """Return the function that renders a job in the pane: its verdict, and the rest if there is room."""

    def render(width: int, most: int) -> Sequence[TextLine]:
        if lines < _PANE_LINES or shown is None:
            return explain_lines(job, verdict, width, most, may_act=may_act)
        from queuetui.tui.present.detail import pane_lines

        return pane_lines(job, verdict, shown.now, width, shown.workers, may_act=may_act)[:most]

    return render
