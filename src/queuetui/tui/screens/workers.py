"""Workers: who is there, what they do, and who fell silent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.picture import Picture
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.worker_rows import (
    WORKER_COLUMNS,
    WORKER_ORDER,
    live_workers_text,
    worker_rows,
    worker_term,
)
from queuetui.tui.scope import Scope
from queuetui.tui.screens.list_screen import ListScreen
from queuetui.tui.widgets.table_messages import RowSelected


class WorkersScreen(ListScreen):
    """Shows the registrations; liveness is judged by the store's clock."""

    PLACE = KeyPlace.WORKERS
    VIEW = "workers"
    HEADING = "Workers"
    COLUMNS = WORKER_COLUMNS
    OWN_MARKS = WORKER_ORDER
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.WORKERS)

    @on(RowSelected)
    def _open_jobs(self, event: RowSelected) -> None:
        self.console.open_jobs_in(Scope().filtered(worker_term(event.key)))

    @property
    def _keeps_workers(self) -> bool:
        capabilities = self.console.capabilities
        return capabilities is not None and capabilities.workers

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row a worker."""
        return worker_rows(picture.snapshot, self.console.profile.limits, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return how a worker is started, or that none can be seen here."""
        started = "No worker is registered. Start one: queuetui worker"
        return started if self._keeps_workers else "This store does not record its workers."

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many are live and busy."""
        live = live_workers_text(picture.snapshot, self.console.profile.limits)
        return [say(f"{live} ", Tone.MUTED)] if self._keeps_workers else ()
