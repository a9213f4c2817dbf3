"""Jobs, the home screen: the live table with its tabs, filter and explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from queuetui.model.snapshot import QueueInfo
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.identity import queue_named
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.filtering import Filtering
from queuetui.tui.screens.job_list import JobList
from queuetui.tui.widgets.status_line import About

if TYPE_CHECKING:
    from queuetui.operate.operations import Operations
    from queuetui.tui.screens.acting import ManifestReader


class JobsScreen(JobList, Filtering):
    """The actions of the home screen: filter, order, columns, acts, and opening a job."""

    PLACE = KeyPlace.JOBS
    VIEW = "jobs"
    AUTO_FOCUS = "#jobs"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.JOBS)
    OWN_NAME = "the store's own"

    # Filter

    @property
    def filter_text(self) -> str:
        """The filter that is shown."""
        return self.scope.filter_text

    def clear_one(self) -> bool:
        """Clear the filter being typed, else the filter, else the marks; False when there is nothing to clear."""
        if self.is_looking:
            self.is_looking = False
            self.flash("Stopped; n goes on looking", Tone.MUTED, about=About.LIST)
            return True
        if self.clear_filter():
            return True
        if self.table.marks or self.marks_all_matching:
            self.table.action_unmark_all()
            return True
        return False

    def action_look_further(self) -> None:
        """Search the next jobs, until one is found or Esc stops the search."""
        page = self.page
        if page is None or page.looked is None or not self.window.look_further(page):
            self.flash("All of this list was looked through; there is nothing further", Tone.MUTED, about=About.LIST)
            return
        self.is_looking = True
        self.looked_before += page.looked
        self.flash("Looking further; Esc stops", Tone.MUTED, about=About.LOOKING)
        self.console.read_again()

    def action_build_filter(self) -> None:
        """Open the filter form."""
        from queuetui.tui.screens.filter import FilterScreen

        def take(text: str | None) -> None:
            if text is not None:
                self.apply_filter_text(text)

        self.app.push_screen(FilterScreen(self.scope, self.console.connection, self.console.calls), take)

    # Acts

    def prepare_purge(self, operations: Operations) -> ManifestReader | None:
        """Return the reader of a purge of all jobs in the present scope."""
        query = self.scope.query
        return lambda how, _: operations.prepare_purge(query, how=how)

    @property
    def queue_in_question(self) -> QueueInfo | None:
        """The chosen queue, else that of the job under the cursor."""
        job = self.job_under_cursor
        return queue_named(self.snapshot, self.scope.queue or (None if job is None else job.queue))
