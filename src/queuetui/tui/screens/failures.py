"""Dead letters: the latest jobs that were given up, with error and attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from queuetui.model.job import Job
from queuetui.model.picture import Picture
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from queuetui.model.text import sanitize
from queuetui.model.verdict import Verdict
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.dialogs.copy import CopyDialog
from queuetui.tui.present.failures import FAILURE_COLUMNS, FAILURE_ORDER, failure_lines, failure_rows
from queuetui.tui.present.lines import line_of, say
from queuetui.tui.present.numbers import count_text
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.marking import Marking
from queuetui.tui.screens.ordering import OrderedHere
from queuetui.tui.widgets.job_table import JobTable
from queuetui.tui.widgets.table_messages import RowHighlighted, RowSelected
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.widgets.told_pane import ToldPane

LATEST = 50


class FailuresScreen(Marking, OrderedHere):
    """Shows what a person on call looks for first; R runs it again."""

    PLACE = KeyPlace.FAILURES
    VIEW = "failures"
    PARTS = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.FAILURES})
    AUTO_FOCUS = "#failures"
    COLUMNS = FAILURE_COLUMNS
    OWN_MARKS = FAILURE_ORDER
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.FAILURES)

    def __init__(self) -> None:
        super().__init__()
        self._jobs: dict[str, Job] = {}
        self._verdicts: dict[str, Verdict] = {}

    def compose_body(self) -> Iterable[Widget]:
        """Yield the table and the error of the job under the cursor."""
        yield TextLines("crumbs")
        yield JobTable(FAILURE_COLUMNS, id="failures", empty_text=sanitize("reading ..."))
        yield ToldPane("error")

    @property
    def wanted(self) -> Watch:
        """The latest dead letters instead of a page."""
        return Watch(parts=self.PARTS, failures=LATEST)

    @property
    def targets(self) -> Sequence[Job]:
        """The marked jobs, else the one under the cursor."""
        return [self._jobs[key] for key in self.table.targets if key in self._jobs]

    @property
    def query_of_all(self) -> Query:
        """Every dead letter, also those behind the latest."""
        return parse_query(f"state:{State.FAILED}")

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the dead letters, when they were asked for."""
        if Part.FAILURES not in watch.parts:
            return
        self.has_read, snapshot = True, picture.snapshot
        self._jobs = {job.ref.id: job for job in snapshot.failures}
        self._verdicts = dict(picture.verdicts)
        self.table.show_empty_text(sanitize("No dead letters: nothing has been given up."))
        self.table.set_rows(failure_rows(snapshot, self.ordered_by))
        self.remember(picture, watch)
        self.mark_arrivals()
        of = count_text(snapshot.counts[State.FAILED], snapshot.now) if State.FAILED in snapshot.counts else "?"
        right = [say(f"the latest {len(snapshot.failures)} of {of}   5 lists them all ", Tone.MUTED)]
        self.show_lines("#crumbs", [line_of(say(" Dead letters", Tone.STRONG), right=right)])
        self._show_error()

    @on(RowHighlighted)
    def _show_error(self) -> None:
        job = self._jobs.get(self.table.cursor_key or "")
        pane = self.query_one("#error", ToldPane)
        if job is None:
            pane.tell(None, None)
            return
        verdict = self._verdicts.get(job.ref.id)
        pane.tell(job.ref.id, lambda width, most: failure_lines(job, verdict, width, most))

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        self.console.open_job(event.key, "Error")

    def action_explain(self) -> None:
        """Open the job under the cursor at its verdict."""
        if self.table.cursor_key is not None:
            self.console.open_job(self.table.cursor_key, "Why")

    def action_copy(self) -> None:
        """Choose what to copy."""
        job = self._jobs.get(self.table.cursor_key or "")
        if job is not None:
            self.app.push_screen(CopyDialog(job, self._verdicts.get(job.ref.id)), self.flash_copied)
