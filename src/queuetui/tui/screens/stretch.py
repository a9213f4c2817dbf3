"""Which stretch of a long list of jobs is read: around the cursor, or on until something is found."""

from __future__ import annotations

from textual import on

from queuetui.model.page import Page, PageRequest
from queuetui.tui.screens.shown_jobs import ShownJobs
from queuetui.tui.widgets.job_table import FirstAsked
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.table_messages import NearEnd, NearStart
from queuetui.tui.window import Window


class Stretch(ShownJobs):
    """Moves its window as the cursor nears an end of it, and keeps a job in it that the list pushed out.

    `missed` is the job that was looked for last and is nowhere near.
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
        """Look through the next jobs, as long as a person wants it, none was found and some are left."""
        if not self.is_looking or page.jobs or page.looked is None or not self.window.look_further(page):
            self.end_looking()
            return
        self.looked_before += page.looked
        self.console.read_again()

    def reads_elsewhere(self, page: Page) -> bool:
        """Whether another page is read before one is shown.

        That is so behind an anchor just found, and around a job that was pushed out.
        """
        if self.window.is_seeking:
            self.window.take_anchor(page)
        elif not self._holds_lost_job(page):
            return False
        self.console.read_again()
        return True

    def _holds_lost_job(self, page: Page) -> bool:
        """Look once for the job of a placed cursor where it stood, unless all of the list is here."""
        key, shown = self.table.cursor_key, None if self._shown is None else self._shown.page
        if key is None or shown is None or self.holds_everything(page) or self.is_new_scope or not self.table.is_placed:
            return False
        if key == self.missed or any(job.ref.id == key for job in page.jobs):
            return False
        place = next((place for place, job in enumerate(shown.jobs) if job.ref.id == key), None)
        self.missed = key
        return place is not None and self.window.hold(shown, place)

    def end_looking(self) -> None:
        """Look no further."""
        if self.is_looking:
            self.is_looking = False
            self.status.end_about(About.LOOKING)

    def holds_everything(self, page: Page | None) -> bool:
        """Whether a page is all of the list."""
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
