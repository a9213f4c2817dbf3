"""Lives: one row for each job, with the steps found in its events and those that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType

from queuetui.model.counted import counted
from queuetui.model.picture import Picture
from queuetui.monitor.lives import Lives
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.life_rows import LIFE_COLUMNS, LIFE_ORDER, life_lines, life_rows
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.periodic_list import SystemPeriodicList
from queuetui.tui.widgets.row_pane import RowRenderer
from queuetui.tui.widgets.table_messages import RowSelected

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed

SPAN = timedelta(hours=1)
MOST_LIVES = 200
# The most events that are searched for jobs; the command line searches more.
MOST_EVENTS = 3_000


class LivesScreen(SystemPeriodicList[Lives]):
    """Reads the event log of any product; Enter opens the events of a job."""

    PLACE = KeyPlace.LIVES
    VIEW = "lives"
    HEADING = "Events > lives of the last hour"
    COLUMNS = LIFE_COLUMNS
    OWN_MARKS = LIFE_ORDER
    ROW_PANE = "event"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.LIVES)

    def ask(self, feed: Feed) -> Lives:
        """Read the lives, the latest first; blocks."""
        return feed.lives(SPAN, MOST_LIVES, MOST_EVENTS)

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row for each job."""
        return life_rows(() if self.answer is None else self.answer.lives, picture.snapshot.now, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return the sentence for no events."""
        return "Nothing happened to a job in the last hour, or events are off: queuetui queues events QUEUE on"

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many jobs and gaps there are, and what limits these counts."""
        if self.answer is None:
            return ()
        lives, notes = self.answer.lives, self.answer.notes
        with_gaps = sum(bool(life.gaps) for life in lives)
        gaps = say(f"{with_gaps:,} with gaps ", Tone.WARNING if with_gaps else Tone.MUTED)
        which = "the latest " if self.answer.has_more else ""
        bound = "".join(f", {note}" for note in notes)
        return [say(f"{which}{counted(len(lives), 'job')}{bound}, ", Tone.MUTED), gaps]

    def renderer_of(self, key: str) -> RowRenderer | None:
        """Return the function that renders a life in the pane."""
        picture = self.picture
        life = next((one for one in (() if self.answer is None else self.answer.lives) if one.job_id == key), None)
        if life is None or picture is None:
            return None
        return lambda width, most: life_lines(life, picture.snapshot.now, width, most)

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        self.console.open_job(event.key, "Events")
