"""Lives: each job in one row, with the steps that its events tell and those that are missing."""

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
from queuetui.tui.screens.asked_list import AskedList
from queuetui.tui.widgets.table_messages import RowSelected
from queuetui.tui.widgets.told_pane import Teller

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed

SPAN = timedelta(hours=1)
MOST_LIVES = 200
# So many events are searched for jobs; the command line looks through more.
MOST_EVENTS = 3_000


class LivesScreen(AskedList[Lives]):
    """Reads our own log and another product's alike; Enter opens the events of a job."""

    PLACE = KeyPlace.LIVES
    VIEW = "lives"
    HEADING = "Events > lives of the last hour"
    COLUMNS = LIFE_COLUMNS
    OWN_MARKS = LIFE_ORDER
    TOLD = "event"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.LIVES)

    def ask(self, feed: Feed) -> Lives:
        """Return the lives, the latest first."""
        return feed.lives(SPAN, MOST_LIVES, MOST_EVENTS)

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return a row a job."""
        return life_rows(() if self.answer is None else self.answer.lives, picture.snapshot.now, self.ordered_by)

    def empty_text(self, picture: Picture) -> str:
        """Return that nothing happened."""
        return "Nothing happened to a job in the last hour, or events are off: queuetui queues events QUEUE on"

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return how many jobs and gaps there are, and what bounds that."""
        if self.answer is None:
            return ()
        lives, notes = self.answer.lives, self.answer.notes
        with_gaps = sum(bool(life.gaps) for life in lives)
        gaps = say(f"{with_gaps:,} with gaps ", Tone.WARNING if with_gaps else Tone.MUTED)
        which = "the latest " if self.answer.has_more else ""
        bound = "".join(f", {note}" for note in notes)
        return [say(f"{which}{counted(len(lives), 'job')}{bound}, ", Tone.MUTED), gaps]

    def teller_of(self, key: str) -> Teller | None:
        """Return what tells of a life."""
        picture = self.picture
        life = next((one for one in (() if self.answer is None else self.answer.lives) if one.job_id == key), None)
        if life is None or picture is None:
            return None
        return lambda width, most: life_lines(life, picture.snapshot.now, width, most)

    @on(RowSelected)
    def _open(self, event: RowSelected) -> None:
        self.console.open_job(event.key, "Events")
