"""Workers: which are registered, what they run, and which have gone silent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from queuetui.model.picture import Picture
from queuetui.model.snapshot import Part
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.alarm_lines import alarm_lines
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.upkeep import tokens_text
from queuetui.tui.present.worker_rows import (
    WORKER_COLUMNS,
    WORKER_ORDER,
    live_workers_text,
    worker_rows,
    worker_term,
)
from queuetui.tui.scope import Scope
from queuetui.tui.screens.list_screen import ListScreen
from queuetui.tui.screens.upkeep import Upkeeping
from queuetui.tui.widgets.table_messages import RowSelected
from queuetui.tui.widgets.text_lines import TextLines

_ALARMS = 4


class WorkersScreen(Upkeeping, ListScreen):
    """Shows the registered workers; whether one is alive is judged by the store's clock."""

    PLACE = KeyPlace.WORKERS
    VIEW = "workers"
    HEADING = "Workers"
    ROWS_COME_OF = (Part.WORKERS,)
    COLUMNS = WORKER_COLUMNS
    OWN_MARKS = WORKER_ORDER
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.WORKERS)

    def compose_body(self) -> Iterable[Widget]:
        """Yield the table, and below it the alarms about the workers."""
        yield from super().compose_body()
        yield TextLines("warnings")

    def show_heading(self, picture: Picture) -> None:
        """Show the title and the alarms."""
        super().show_heading(picture)
        self.ask_for_tokens(lambda: super(WorkersScreen, self).show_heading(picture))
        about = [one for one in picture.alarms if one.subject == "worker"]
        self.show_lines("#warnings", alarm_lines(about, _ALARMS, self.app.size.width))

    @on(RowSelected)
    def _open_jobs(self, event: RowSelected) -> None:
        self.console.open_jobs_in(Scope().filtered(worker_term(event.key)))

    @property
    def _keeps_workers(self) -> bool:
        capabilities = self.console.capabilities
        return capabilities is not None and capabilities.workers

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row for each worker."""
        return worker_rows(picture.snapshot, self.console.profile.limits, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return the sentence for no workers: how to start one, or that this store does not list them."""
        capabilities = self.console.capabilities
        started = "No worker is registered."
        if capabilities is None or capabilities.native:
            started += " Start one: queuetui worker"
        if self._keeps_workers:
            return started
        unseen = "" if capabilities is None else capabilities.unseen_workers
        return f"No worker can be seen: {unseen}." if unseen else "This store does not record its workers."

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many workers are live and busy, and how many tokens there are for new ones."""
        told = [live_workers_text(picture.snapshot, self.console.profile.limits)] if self._keeps_workers else []
        told += [tokens_text(self.tokens, picture.snapshot.now)] if self.tokens else []
        return [say(f"{'   '.join(told)} ", Tone.MUTED)] if told else ()
