"""The detail of a job: summary, why, payload, error, attempts, events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from queuetui.model.job import Job
from queuetui.model.picture import Picture
from queuetui.model.snapshot import QueueInfo, Snapshot, Watch
from queuetui.model.text import sanitize
from queuetui.monitor.background_read import BackgroundRead
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.dialogs.copy import CopyDialog
from queuetui.tui.present.detail import TAB_NAMES, tab_lines, tabs_line
from queuetui.tui.present.identity import queue_named, short_id
from queuetui.tui.present.job_rows import tone_of
from queuetui.tui.present.lines import TextLine, line_of, say, wrap
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.acting import Acting
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from queuetui.monitor.feed import Detail

EVENTS_SHOWN = 200


class DetailScreen(Acting):
    """Reads its job when it opens and again after every poll."""

    PLACE = KeyPlace.DETAIL
    AUTO_FOCUS = "#text"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.DETAIL)

    def __init__(self, job_id: str, tab: str = TAB_NAMES[0]) -> None:
        super().__init__()
        self._job_id = job_id
        self._tab = tab
        self._detail: Detail | None = None
        self._snapshot: Snapshot | None = None
        self._is_reading = False
        self._reading: BackgroundRead | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield the tabs and the text."""
        yield TextLines("crumbs")
        yield TextLines("detail-tabs")
        yield TextPane("text")

    @property
    def targets(self) -> Sequence[Job]:
        """The job of this screen."""
        return () if self._detail is None else (self._detail.job,)

    @property
    def queue_in_question(self) -> QueueInfo | None:
        """The queue of the job."""
        return None if self._detail is None else queue_named(self._snapshot, self._detail.job.queue)

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Read the job again, as something may have changed."""
        self._snapshot = picture.snapshot
        self._read()

    def on_mount(self) -> None:
        """Show the id of the job until it has been read."""
        super().on_mount()
        self._show_crumbs()

    def on_unmount(self) -> None:
        """Cancel the reading for this screen."""
        if self._reading is not None:
            self._reading.give_up()

    def _read(self) -> None:
        connection = self.console.connection
        if connection is None or self._is_reading:
            return
        self._is_reading = True
        self._reading = self.console.calls.read(
            lambda: connection.feed.open(self._job_id, events=EVENTS_SHOWN), self._take, self._miss
        )

    def _take(self, detail: Detail) -> None:
        self._is_reading = False
        if self.is_attached:
            self._detail = detail
            self._show()

    def _miss(self, reason: str) -> None:
        self._is_reading = False
        if self.is_attached:
            self.flash(reason, Tone.WARNING)
            if self._detail is None:
                why = sanitize(f"This job could not be read. {reason}", 2000)
                pane = self.query_one(TextPane)
                pane.show([line_of(say(text, Tone.WARNING)) for text in wrap(why, max(20, pane.size.width - 2))])

    def _show(self, *, from_top: bool = False) -> None:
        self._show_crumbs()
        detail, snapshot = self._detail, self._snapshot
        if detail is not None and snapshot is not None:
            may_act = not self.console.is_read_only
            self.query_one(TextPane).show(
                tab_lines(self._tab, detail, snapshot.now, snapshot.workers, may_act=may_act),
                from_top=from_top,
            )

    def _show_crumbs(self) -> None:
        spans = [say(" Jobs > ", Tone.MUTED), say(sanitize(short_id(self._job_id)), Tone.STRONG)]
        if self._detail is not None:
            job = self._detail.job
            spans += [
                say("  "),
                say(job.name or job.type),
                say("  "),
                say(job.state.value, tone_of(job, self._detail.verdict)),
            ]
        self.show_lines("#crumbs", [TextLine(tuple(spans))])
        self.show_lines("#detail-tabs", [tabs_line(self._tab)])

    def action_turn_tab(self, step: int) -> None:
        """Go to a neighbouring tab."""
        self._open_tab(TAB_NAMES[(TAB_NAMES.index(self._tab) + step) % len(TAB_NAMES)])

    def action_explain(self) -> None:
        """Show the tab Why."""
        self._open_tab("Why")

    def action_wide(self) -> None:
        """Wrap long lines or cut them."""
        self.query_one(TextPane).turn_wrapping()

    def action_copy(self) -> None:
        """Choose what to copy."""
        if self._detail is not None:
            access = self.console.access_to(self.link_in_question)
            self.app.push_screen(CopyDialog(self._detail.job, self._detail.verdict, access), self.flash_copied)

    def _open_tab(self, name: str) -> None:
        self._tab = name
        self._show(from_top=True)
