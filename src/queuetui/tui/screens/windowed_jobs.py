"""Which window of a long list of jobs is read: around the cursor, or the next one of a search."""

from __future__ import annotations

from textual import on

from queuetui.model.page import Page, PageRequest
from queuetui.tui.screens.shown_jobs import ShownJobs
from queuetui.tui.widgets.job_table import FirstAsked
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import NearEnd, NearStart
from queuetui.tui.window import Window


class WindowedJobs(ShownJobs):
    """Moves its window when the cursor nears an end of it, or when new rows push the cursor's job out.

    `missed` is the job that was searched for last, so that it is searched for only once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.window = Window()
        self.is_new_scope = True
        self.is_looking = False
        self.looked_before = 0
        self.missed: str | None = None

    @property
    def page_request(self) -> PageRequest:
        """The window of the scope."""
        return self.window.request(self.scope.query)

    def go_on_looking(self, page: Page) -> None:
        """Search the next jobs, while the search is on, nothing has been found and jobs are left."""
        if not self.is_looking or page.jobs or page.looked is None or not self.window.look_further(page):
            self.end_looking()
            return
        self.looked_before += page.looked
        self.console.read_again()

    def reads_elsewhere(self, page: Page) -> bool:
        """Tell whether another page must be read before one is shown.

        That is so after a page that was read for its anchor, and when the cursor's job was pushed out of the window.
        """
        if self.window.is_seeking:
            self.window.take_anchor(page)
        elif not self._holds_lost_job(page):
            return False
        self.console.read_again()
        return True

    def _holds_lost_job(self, page: Page) -> bool:
        """Search once for the cursor's job where it was, if a person placed the cursor and the list is longer."""
        key, shown = self.table.cursor_key, None if self._shown is None else self._shown.page
        if key is None or shown is None or self.holds_everything(page) or self.is_new_scope or not self.table.is_placed:
            return False
        if key == self.missed or any(job.ref.id == key for job in page.jobs):
            return False
        place = next((place for place, job in enumerate(shown.jobs) if job.ref.id == key), None)
        self.missed = key
        return place is not None and self.window.hold(shown, place)

    def end_looking(self) -> None:
        """End the search."""
        if self.is_looking:
            self.is_looking = False
            self.status.end_about(About.LOOKING)

    def holds_everything(self, page: Page | None) -> bool:
        """Tell whether a page is the whole list."""
        return page is not None and self.window.is_at_top and not page.has_more

    @on(NearEnd)
    def _reach_down(self) -> None:
        page = None if self._shown is None else self._shown.page
        if page is not None and self.window.move_down(page):
            self.console.read_again()

    @on(NearStart)
    def _reach_up(self) -> None:
        if self.window.move_up():
            self.console.read_again()

    @on(FirstAsked)
    def _go_to_top(self) -> None:
        if not self.window.is_at_top:
            self.window.reset()
            self.console.read_again()
