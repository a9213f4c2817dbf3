"""Dead letters: the latest jobs that failed for good, with error and attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.picture import Picture
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.failures import FAILURE_COLUMNS, FAILURE_ORDER, failure_lines, failure_rows
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.numbers import count_text
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.list_screen import ListScreen
from queuetui.tui.screens.marking import Marking
from queuetui.tui.widgets.job_table import JobTable
from queuetui.tui.widgets.row_pane import RowRenderer
from queuetui.tui.widgets.table_messages import RowSelected

LATEST = 50


class FailuresScreen(Marking, ListScreen):
    """Shows the latest dead letters; R retries the one under the cursor, or the marked ones."""

    PLACE = KeyPlace.FAILURES
    VIEW = "failures"
    HEADING = "Dead letters"
    PARTS = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS, Part.FAILURES})
    ROWS_COME_OF = (Part.FAILURES,)
    COLUMNS = FAILURE_COLUMNS
    OWN_MARKS = FAILURE_ORDER
    TABLE = JobTable
    ROW_PANE = "error"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.FAILURES)

    @property
    def wanted(self) -> Watch:
        """The latest dead letters, and no page of jobs."""
        return Watch(parts=self.PARTS, failures=LATEST)

    @property
    def query_of_all(self) -> Query:
        """All dead letters, also older ones than those shown."""
        return parse_query(f"state:{State.FAILED}")

    def show_rows(self, picture: Picture) -> None:
        """Show the dead letters."""
        self.seen = {job.ref.id: job for job in picture.snapshot.failures}
        self.verdicts = dict(picture.verdicts)
        super().show_rows(picture)
        self.mark_arrivals()

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row for each dead letter."""
        return failure_rows(picture.snapshot, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return the sentence for no dead letters."""
        return "No dead letters: nothing has been given up."

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many of the dead letters are shown."""
        snapshot = picture.snapshot
        of = count_text(snapshot.counts[State.FAILED], snapshot.now) if State.FAILED in snapshot.counts else "?"
        shown = len(snapshot.failures)
        which = (
            f"the latest {shown} of {of}"
            if snapshot.has_latest_failures
            else f"{shown} of {of}, too many to find the latest"
        )
        return [say(f"{which}   5 lists them all, ] groups them ", Tone.MUTED)]

    def renderer_of(self, key: str) -> RowRenderer | None:
        """Return the function that renders the error of a dead letter in the pane."""
        job, verdict = self.seen.get(key), self.verdicts.get(key)
        may_act = not self.console.is_read_only
        return None if job is None else lambda width, most: failure_lines(job, verdict, width, most, may_act=may_act)

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        self.console.open_job(event.key, "Error")
