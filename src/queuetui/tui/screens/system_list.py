"""The jobs of every link in one list: its request and its rows.

    each link's poller ── page of the scope ──> SystemPart ──┐
    each link's poller ── page of the scope ──> SystemPart ──┴─> merge_pages ──> rows, keyed by link and job

A store that does not answer, or that cannot answer the filter, is named, and the others are shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Container
from textual.widget import Widget

from queuetui.model.errors import BadQuery
from queuetui.model.page import PageRequest
from queuetui.model.picture import Picture
from queuetui.model.query import Sort
from queuetui.model.text import sanitize
from queuetui.monitor.side_by_side import add_snapshots, merge_pages, order_of
from queuetui.tui.present.all_systems import (
    ListedJob,
    SystemPart,
    columns_of,
    crumbs,
    empty_sentence,
    row_of,
)
from queuetui.tui.present.systems import SystemRow, short_names
from queuetui.tui.present.table import Column, Row
from queuetui.tui.present.tabs import tabs_line
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import TABS, Scope
from queuetui.tui.screens.arrangement import Arranging
from queuetui.tui.screens.console_screen import SENTENCE_CAP
from queuetui.tui.screens.job_list import PAGE
from queuetui.tui.screens.of_all import OfAllSystems
from queuetui.tui.screens.shown_jobs import TROUBLED_TABS, job_renderer
from queuetui.tui.widgets.filter_bar import FilterBar
from queuetui.tui.widgets.job_table import JobTable
from queuetui.tui.widgets.row_pane import RowPane
from queuetui.tui.widgets.status_line import OF_A_LIST, About
from queuetui.tui.widgets.table_messages import NearEnd, RowHighlighted
from queuetui.tui.widgets.text_lines import TextLines

if TYPE_CHECKING:
    from queuetui.tui.session import ConsoleLink

CHUNK_ROWS = 100
MOST_ROWS = 500


class SystemList(OfAllSystems, Arranging):
    """Reads the first jobs of its scope from each link; cursor and marks follow a link and a job's id."""

    SHOWS_ALL = True

    def __init__(self) -> None:
        super().__init__()
        self.scope = Scope()
        self.owners: dict[str, ConsoleLink] = {}
        self._listed: dict[str, ListedJob] = {}
        self._rows_a_system = CHUNK_ROWS
        self._has_more = False
        self._read: dict[ConsoleLink, Picture] = {}
        self._refusals: dict[ConsoleLink, str] = {}
        self._is_new_scope = True

    def compose_body(self) -> Iterable[Widget]:
        """Yield tabs, crumbs, filter, table and explanation."""
        yield TextLines("tabs")
        yield TextLines("crumbs")
        yield FilterBar("filter")
        with Container(id="jobs-body"):
            yield JobTable(self.columns.columns, id="jobs", empty_text=sanitize("reading ..."))
            yield RowPane("explanation")

    @property
    def page_request(self) -> PageRequest:
        """The first page of the scope, for every link."""
        return PageRequest(self.scope.query, self._rows_a_system)

    @property
    def waiting_text(self) -> str:
        """The sentence shown in place of rows until some have been read."""
        return empty_sentence(self.scope, list(self._parts().values()))

    # Showing what was read

    def show_systems(self, rows: Sequence[SystemRow]) -> None:
        """Show the latest reading of each link."""
        if not self.console.frozen:
            self._show_jobs()

    def refuse(self, link: ConsoleLink, reason: str) -> None:
        """Leave out a system whose store cannot answer the filter."""
        self._refusals[link] = reason
        self._show_jobs()

    def _parts(self) -> dict[ConsoleLink, SystemPart]:
        return {link: self._part_of(link) for link in self.console.links}

    def _part_of(self, link: ConsoleLink) -> SystemPart:
        """Return a link's latest reading of this list; it has none while it read for another screen."""
        title, latest = link.reach.profile.title, link.latest
        page = None if latest is None else latest.watch.page
        # A page that begins below the top, of a list that was scrolled down, does not hold the first jobs.
        if latest is not None and page is not None and page.query == self.scope.query and page.cursor is None:
            self._read[link] = latest.picture
        picture = self._read.get(link)
        refusal = self._refusals.get(link) or ("" if picture is None else picture.problems.get(PAGE, ""))
        return SystemPart(title, link.state, picture, refusal)

    def _show_jobs(self) -> None:
        parts = self._parts()
        titles = dict(zip(parts, short_names([part.title for part in parts.values()]), strict=True))
        rows = self._take(parts, titles)
        self.has_read = any(part.page is not None for part in parts.values())
        self.table.show_empty_text(sanitize(self.waiting_text, SENTENCE_CAP))
        self.table.set_rows(rows, keep_absent_marks=self._keeps_absent_marks, is_new_list=self._is_new_scope)
        self.table.show_order(self.columns.marks(self.present_order))
        self._is_new_scope = self._is_new_scope and not self.has_read
        width = self.app.size.width
        read = [link.latest.picture.snapshot for link in parts if link.latest is not None]
        self.show_lines("#tabs", [tabs_line(self.scope, add_snapshots(read) if read else None, None, width)])
        named = {titles[link]: part for link, part in parts.items()}
        self.show_lines("#crumbs", crumbs(self.scope, named, len(rows), width, has_more=self._has_more))
        self._explain()
        self.show_frame()

    @property
    def _keeps_absent_marks(self) -> bool:
        """Whether a marked job may exist without being listed."""
        return self._has_more or self.scope.query.terms != () or len(self._read) < len(self.console.links)

    def _take(self, parts: Mapping[ConsoleLink, SystemPart], titles: Mapping[ConsoleLink, str]) -> list[Row]:
        """Store the listed and the marked jobs, and return the rows."""
        pages = {link: part.page for link, part in parts.items() if part.page is not None}
        merged, self._has_more = merge_pages(pages, order_of(pages.values(), self.scope.query))
        marks = self.table.marks
        self._listed = {key: listed for key, listed in self._listed.items() if key in marks}
        self.owners = {key: link for key, link in self.owners.items() if key in marks}
        rows, columns = [], self.columns.columns
        for link, job in merged:
            picture = self._read[link]
            key = f"{self.console.numbers[link]}:{job.ref.id}"
            listed = ListedJob(job, picture.verdicts.get(job.ref.id), picture.snapshot)
            self._listed[key], self.owners[key] = listed, link
            rows.append(row_of(key, titles[link], listed, columns))
        self.seen = {key: listed.job for key, listed in self._listed.items()}
        self.verdicts = {key: one.verdict for key, one in self._listed.items() if one.verdict is not None}
        return rows

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns that suit the scope, hidden ones included."""
        return columns_of(self.scope, is_troubled=self.scope.tab.digit in TROUBLED_TABS, is_wide=self.is_wide)

    @property
    def own_order(self) -> tuple[Sort, ...]:
        """The default order of these jobs if all systems share it, else the newest first."""
        pages = [picture.snapshot.page for picture in self._read.values()]
        return (order_of([page for page in pages if page is not None], self.scope.query),)

    def set_columns(self) -> None:
        """Show the rows in the columns that suit the scope."""
        self.table.set_columns(self.columns.columns, [], keep_absent_marks=True)
        self._show_jobs()

    @on(RowHighlighted)
    def _explain(self) -> None:
        pane, key = self.query_one("#explanation", RowPane), self.table.cursor_key
        listed = self._listed.get(key or "")
        if listed is None:
            pane.show_row(None, None)
            return
        may_act = not self.console.is_read_only_in(self.owners[key or ""])
        pane.show_row(key, job_renderer(listed.job, listed.verdict, listed.snapshot, pane.size.height, may_act=may_act))
        self.show_footer()

    # Choosing what is read

    def rescope(self, scope: Scope) -> None:
        """Show the jobs of another scope, from its top."""
        if scope == self.scope:
            return
        self.scope, self._is_new_scope = scope, True
        self._rows_a_system, self._read, self._refusals = CHUNK_ROWS, {}, {}
        self.status.end_about(*OF_A_LIST)
        self.set_columns()
        self.table.action_first()
        self.console.read_again()

    def choose_tab(self, digit: str) -> None:
        """Show one state tab."""
        self.rescope(replace(self.scope, tab=next(tab for tab in TABS if tab.digit == digit)))

    def step_back(self) -> bool:
        """Undo the filter, else the tab; return False if neither was chosen."""
        shorter = self.scope.without_last(Scope())
        if shorter is not None:
            self.rescope(shorter)
        return shorter is not None

    def apply_filter_text(self, text: str) -> None:
        """Filter the jobs; an invalid filter changes nothing."""
        try:
            self.rescope(self.scope.filtered(text))
        except BadQuery as error:
            self.flash(str(error), Tone.CRITICAL, about=About.LIST)

    @on(NearEnd)
    def _reach_down(self) -> None:
        if not self._has_more:
            return
        if self._rows_a_system >= MOST_ROWS:
            told = f"{MOST_ROWS} jobs of a system are held here; a filter (/) or its own list leads further"
            self.flash(told, Tone.WARNING, about=About.LIST)
            return
        self._rows_a_system += CHUNK_ROWS
        self.console.read_again()
