"""The base of every screen with a table of jobs: marking, acting, opening and copying."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import on

from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.job import Job
from queuetui.model.query import Query
from queuetui.model.verdict import Verdict
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.acting import Acting
from queuetui.tui.widgets.job_table import JobTable, MarkAllAsked, MarkRefused
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import MarksChanged

if TYPE_CHECKING:
    from queuetui.operate.operations import Operations
    from queuetui.tui.screens.acting import ManifestReader
    from queuetui.tui.session import ConsoleLink


class Marking(Acting):
    """`a` marks all loaded rows; a second `a` marks all jobs that match, also those that come later.

    The mark on all that match ends when a key changes the marks, or when another list is shown.
    Jobs and verdicts are stored under the keys of their rows.
    """

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Job] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.marks_all_matching = False
        self._is_all_offered = False

    @property
    def table(self) -> JobTable:
        """The table of jobs."""
        return self.query_one(JobTable)

    @property
    def targets(self) -> Sequence[Job]:
        """The marked jobs, else the one under the cursor; none while the list is still being read."""
        if not self.has_read and not self.table.marks:
            return ()
        return [self.seen[key] for key in self.table.targets if key in self.seen]

    @property
    def job_under_cursor(self) -> Job | None:
        """The job under the cursor, as it was last read."""
        return self.seen.get(self.table.cursor_key or "")

    def action_explain(self) -> None:
        """Open the job under the cursor at its tab Why."""
        if self.table.cursor_key is not None:
            self.console.open_job(self.table.cursor_key, "Why")

    def action_copy(self) -> None:
        """Open the dialog that copies a part of the job under the cursor."""
        from queuetui.tui.dialogs.copy import CopyDialog

        job = self.job_under_cursor
        if job is not None:
            verdict = self.verdicts.get(self.table.cursor_key or "")
            access = self.console.access_to(self.link_in_question)
            self.app.push_screen(CopyDialog(job, verdict, access), self.flash_copied)

    @property
    def query_of_all(self) -> Query:
        """The query that selects `all that match`."""
        raise NotImplementedError

    @property
    def footer_note(self) -> str:
        """The count of marked jobs, as text."""
        if self.marks_all_matching:
            return "all matching marked"
        marks = self.table.marks if self.is_mounted else frozenset()
        return f"{len(marks):,} marked" if marks else ""

    def prepare_act(self, operations: Operations, verb: Verb) -> ManifestReader | None:
        """Return the reader of the manifest: of the marked jobs, or of all that match if all are marked."""
        if not self.marks_all_matching:
            return super().prepare_act(operations, verb)
        query = self.query_of_all
        return lambda how, retry_until: operations.prepare_matching(verb, query, retry_until=retry_until, how=how)

    def forget_done(self, link: ConsoleLink, job_ids: set[str]) -> None:
        """Unmark jobs that the act is done with."""
        self.mean_marked_only()
        self.table.unmark(job_ids)

    def mean_marked_only(self) -> None:
        """End the mark on all that match, so that acts apply to marked rows only."""
        self.marks_all_matching, self._is_all_offered = False, False

    def mark_arrivals(self) -> None:
        """Mark new rows too, if all that match are marked."""
        if self.marks_all_matching:
            self.table.mark_every_row()

    @on(MarksChanged)
    def _take_marks(self, event: MarksChanged) -> None:
        if event.by_hand:
            self.status.end_about(About.MARKS)
            if self.marks_all_matching and event.marks:
                told = f"Only the {len(event.marks):,} marked jobs are meant now, no longer all that match"
                self.flash(told, Tone.WARNING, about=About.MARKS)
            self.mean_marked_only()
        elif event.lost and not self.marks_all_matching:
            self.flash(
                f"{counted(len(event.lost), 'marked job')} gone from the list and unmarked",
                Tone.WARNING,
                about=About.MARKS,
            )
        self.show_footer()

    @on(MarkRefused)
    def _refuse_mark(self) -> None:
        self.flash("These jobs are still being read", Tone.WARNING, about=About.LIST)

    @on(MarkAllAsked)
    def _mark_all(self) -> None:
        self.table.mark_every_row()
        if self._is_all_offered or self.marks_all_matching:
            self.marks_all_matching = True
            told = "All that match are marked, also those that come; the dialog of an act counts them"
            self.flash(told, Tone.WARNING, about=About.MARKS)
        else:
            self.offer_all()
        self.show_footer()

    def offer_all(self) -> None:
        """Say how to mark all that match."""
        self._is_all_offered = True
        self.flash(f"{len(self.table.marks):,} marked; a again marks all that match", about=About.MARKS)
