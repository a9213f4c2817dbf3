"""A bare application around one live table, which counts what is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence

from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.strip import Strip

from queuetui.model.text import SafeText, Untrusted, sanitize
from queuetui.tui.present.cells import Align
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.stylesheets import read_styles
from queuetui.tui.widgets.live_table import LiveTable


def tone_of_state(text: SafeText) -> Tone:
    """Return the tone named like the state, plain for a state nobody knows."""
    return next((tone for tone in Tone if tone.value == text), Tone.PLAIN)


COLUMNS = (
    Column("id", "id", 8),
    Column("state", "state", 10, tone=tone_of_state),
    Column("type", "type", 12, max_width=40, flex=2),
    Column("age", "age", 6, align=Align.RIGHT),
    Column("worker", "worker", 14, priority=2),
    Column("why", "why", 20, flex=3, priority=1),
)


def job_row(key: str, *, state: str = "pending", age: str = "7 m", why: str = "", job_type: str = "SendMail") -> Row:
    """Return the row of an invented job."""
    texts = (key, state, job_type, age, "web-1/4411", why)
    return Row(key, tuple(Cell(sanitize(Untrusted(text))) for text in texts))


def job_rows(keys: Iterable[object]) -> list[Row]:
    """Return a row for each key."""
    return [job_row(f"job-{key}") for key in keys]


class CountedTable(LiveTable):
    """A live table that remembers which lines it was asked to draw."""

    def __init__(self, columns: Sequence[Column] = COLUMNS) -> None:
        super().__init__(columns, empty_text=sanitize("no job matches"), id="table")
        self.drawn: list[int] = []

    def render_line(self, y: int) -> Strip:
        """Draw a line and remember it."""
        self.drawn.append(y)
        return super().render_line(y)


class TableApp(App[None]):
    """The table alone on a screen, with the shipped styles."""

    CSS = read_styles()

    def __init__(self, columns: Sequence[Column] = COLUMNS) -> None:
        super().__init__()
        self.table = CountedTable(columns)
        self.told: list[Message] = []

    def compose(self) -> ComposeResult:
        """Show the table."""
        yield self.table

    def on_mount(self) -> None:
        """Give the keys to the table."""
        self.table.focus()

    def on_event_seen(self, message: Message) -> None:
        """Remember a message of the table."""
        self.told.append(message)

    on_live_table_row_highlighted = on_event_seen
    on_live_table_row_selected = on_event_seen
    on_live_table_cursor_lost = on_event_seen
    on_live_table_marks_changed = on_event_seen
    on_live_table_near_end = on_event_seen
    on_live_table_near_start = on_event_seen

    def told_of(self, kind: type[Message]) -> list[Message]:
        """Return the messages of one kind, in order."""
        return [message for message in self.told if isinstance(message, kind)]

    def screen_lines(self) -> list[str]:
        """Return what the table shows, line by line."""
        return [self.table.render_line(y).text for y in range(self.table.size.height)]


Play = Callable[[TableApp, Pilot[None]], Awaitable[None]]


def play(script: Play, columns: Sequence[Column] = COLUMNS, size: tuple[int, int] = (100, 20)) -> None:
    """Run a script against the application on a terminal of the given size."""

    async def run() -> None:
        app = TableApp(columns)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(app, pilot)

    asyncio.run(run())


async def drawn_by(app: TableApp, pilot: Pilot[None], change: Callable[[], object]) -> list[int]:
    """Return the lines that a change makes the table draw again."""
    await pilot.pause()
    app.table.drawn.clear()
    change()
    await pilot.pause()
    return sorted(app.table.drawn)


def contrast_of(segment: Segment) -> float:
    """Return the contrast of a text to its background, from 1 to 21, as the accessibility guidelines define it."""
    assert segment.style is not None
    assert segment.style.color is not None
    assert segment.style.bgcolor is not None
    shades = sorted(_luminance(color.get_truecolor()) for color in (segment.style.color, segment.style.bgcolor))
    return (shades[1] + 0.05) / (shades[0] + 0.05)


def _luminance(triplet: ColorTriplet) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in triplet.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
