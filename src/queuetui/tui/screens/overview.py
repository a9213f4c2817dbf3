"""Overview: the figures, the last hour, the queues and the latest dead letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from queuetui.model.picture import Picture, Warned
from queuetui.model.snapshot import Part, QueueInfo, Watch
from queuetui.model.text import Untrusted
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.alarm_lines import alarm_lines
from queuetui.tui.present.identity import queue_named
from queuetui.tui.present.lines import line_of, say
from queuetui.tui.present.overview import card_lines, hour_lines, late_lines, letters_lines, make_cards, problem_lines
from queuetui.tui.present.queue_rows import QUEUE_COLUMNS, QUEUE_ORDER, queue_rows
from queuetui.tui.present.systems import SystemRow, system_lines
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.scope import Scope
from queuetui.tui.screens.acting import Acting
from queuetui.tui.screens.list_screen import ListScreen
from queuetui.tui.widgets.table_messages import RowSelected
from queuetui.tui.widgets.text_lines import TextLines

LETTERS = 20
_ALARMS = 4
_ALARMS_OF_SHORT = 2
_TALL_LINES = 30
_CARDS = ("pending", "processing", "failed", "stuck", "done")


class OverviewScreen(Acting, ListScreen):
    """Shows the state of the whole system at a glance; Enter on a queue opens its jobs."""

    PLACE = KeyPlace.OVERVIEW
    VIEW = "overview"
    PARTS = frozenset(Part)
    COLUMNS = QUEUE_COLUMNS
    OWN_MARKS = QUEUE_ORDER
    ROWS_COME_OF = (Part.QUEUES, Part.COUNTS)
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.OVERVIEW)

    def compose_body(self) -> Iterable[Widget]:
        """Yield the cards, the sparkline, the queues and the dead letters."""
        yield TextLines("systems")
        with Horizontal(id="cards"):
            for name in _CARDS:
                yield TextLines(f"card-{name}", "card")
        yield TextLines("hour")
        yield self.make_table()
        yield TextLines("letters-title", "title")
        yield TextLines("letters")

    @property
    def wanted(self) -> Watch:
        """Every part of the picture, and no page of jobs."""
        return Watch(parts=self.PARTS, failures=LETTERS)

    @property
    def queue_in_question(self) -> QueueInfo | None:
        """The queue under the cursor."""
        key = self.table.cursor_key
        known = None if self.picture is None else self.picture.snapshot
        return None if key is None else queue_named(known, Untrusted(key))

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show a picture of this screen; one read for another screen lacks the tally and the dead letters."""
        super().show_picture(picture, watch)
        if not self.has_read:
            self.picture = picture
            if self.console.link.is_down:
                self._show_known(picture)

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row for each queue."""
        return queue_rows(picture, self.console.profile.limits.stuck_after_s, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return the sentence for no queues, which on our own store says how to make one."""
        capabilities = self.console.capabilities
        if capabilities is not None and not capabilities.native:
            return "No queue here now: there are no jobs."
        return "No queue here yet. The first job makes one: queuetui enqueue TYPE -q QUEUE"

    def show_heading(self, picture: Picture) -> None:
        """Show the figures above the queues, and the dead letters below them."""
        snapshot, width = picture.snapshot, self.app.size.width
        capabilities = self.console.capabilities
        keeps_tally = capabilities is not None and capabilities.tally
        for card in make_cards(snapshot, keeps_tally=keeps_tally):
            self.show_lines(f"#card-{card.name}", card_lines(card))
        hour = hour_lines(snapshot, width, keeps_tally=keeps_tally)
        late = late_lines(picture, self.console.profile.limits.stuck_after_s)
        alarms = alarm_lines(picture.alarms, self._most_alarms, width)
        self.show_lines("#hour", [*hour, *problem_lines(picture, width), *alarms, *late])
        which = (
            "Latest dead letters" if snapshot.has_latest_failures else "Dead letters, too many jobs to find the latest"
        )
        title = line_of(say(f" {which}", Tone.STRONG), right=[say("9 shows their errors ", Tone.MUTED)])
        self.show_lines("#letters-title", [title])
        unread = Part.FAILURES.value in picture.problems
        self.show_lines("#letters", [] if unread else letters_lines(snapshot, LETTERS))

    @property
    def _most_alarms(self) -> int:
        """The most alarms that leave room for queues on a short screen, also below a list of systems."""
        if self.app.size.height >= _TALL_LINES:
            return _ALARMS
        return 1 if len(self.console.links) > 1 else _ALARMS_OF_SHORT

    def show_alarms(self, alarms: Sequence[Warned]) -> None:
        """Show nothing here: this screen shows the alarms below the sparkline."""

    def show_systems(self, rows: Sequence[SystemRow]) -> None:
        """Show a line for every link, if there are several."""
        self.show_lines("#systems", system_lines(rows, self.app.size.width))

    def _show_known(self, picture: Picture) -> None:
        """Show a picture that was read for another screen before the store was lost, and what it lacks."""
        for card in make_cards(picture.snapshot, keeps_tally=False):
            self.show_lines(f"#card-{card.name}", card_lines(card))
        self.table.set_rows(queue_rows(picture, self.console.profile.limits.stuck_after_s))
        unread = "the last hour and the latest dead letters were not read before the store was lost"
        self.show_lines("#hour", [line_of(say(f" {unread}", Tone.MUTED))])

    @on(RowSelected)
    def _open_queue(self, event: RowSelected) -> None:
        self.console.open_jobs_in(Scope(queue=Untrusted(event.key)))
