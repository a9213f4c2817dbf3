"""Workers: who is there, what they do, and who fell silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.model.text import sanitize
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.lines import line_of, say
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import (
    WORKER_COLUMNS,
    WORKER_ORDER,
    live_workers_text,
    worker_rows,
    worker_term,
)
from queuetui.tui.scope import Scope
from queuetui.tui.screens.ordering import OrderedHere
from queuetui.tui.widgets.job_table import ListTable
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.table_messages import RowSelected
from queuetui.tui.widgets.text_lines import TextLines


class WorkersScreen(OrderedHere):
    """Shows the registrations; liveness is judged by the store's clock."""

    PLACE = KeyPlace.WORKERS
    VIEW = "workers"
    AUTO_FOCUS = "#workers"
    COLUMNS = WORKER_COLUMNS
    OWN_MARKS = WORKER_ORDER
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.WORKERS)

    def compose_body(self) -> Iterable[Widget]:
        """Yield the summary and the table."""
        yield TextLines("crumbs")
        yield ListTable(WORKER_COLUMNS, id="workers", empty_text=sanitize("reading ..."))

    @on(RowSelected)
    def _open_jobs(self, event: RowSelected) -> None:
        self.console.open_jobs_in(Scope().filtered(worker_term(event.key)))

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the workers."""
        self.has_read = True
        limits = self.console.profile.limits
        capabilities = self.console.capabilities
        keeps_workers = capabilities is not None and capabilities.workers
        table = self.query_one(LiveTable)
        sentence = (
            "No worker is registered. Start one: queuetui worker"
            if keeps_workers
            else "This store does not record its workers."
        )
        table.show_empty_text(sanitize(sentence))
        table.set_rows(worker_rows(picture.snapshot, limits, self.ordered_by))
        self.remember(picture, watch)
        right = [say(f"{live_workers_text(picture.snapshot, limits)} ", Tone.MUTED)] if keeps_workers else []
        self.show_lines("#crumbs", [line_of(say(" Workers", Tone.STRONG), right=right)])
