"""How the live table looks: columns, themes, hostile text, small screens."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from queuetui.model.query import Sort
from queuetui.model.text import SafeText, sanitize
from queuetui.tui.present.tones import Tone
from tests.tui.tables import TableApp, contrast_of, drawn_by, job_row, job_rows, play
from tests.zoo import SMALL_ZOO, assert_inert


def test_narrow_screens_leave_out_the_least_important_columns() -> None:
    """At each width the columns fill the line without one being clipped, the least important going first."""
    for width, expected in [
        (120, ("id", "state", "type", "age", "worker", "why")),
        (62, ("id", "state", "type", "age", "why")),
        (50, ("id", "state", "type", "age")),
    ]:

        async def script(app: TableApp, pilot: Pilot[None], expected: tuple[str, ...] = expected) -> None:
            app.table.set_rows([job_row("a", why="nobody listens to this queue")])
            await pilot.pause()
            assert app.table.shown_columns == expected

        play(script, size=(width, 24))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 9, 20])
def test_a_tiny_screen_is_survived(width: int) -> None:
    """However few cells there are, every line has exactly as many, and keys work."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(5)))
        await pilot.press("j", "space")
        assert {cell_len(line) for line in app.screen_lines()} == {width}
        await pilot.resize_terminal(100, 20)
        assert app.table.cursor_key == "job-2"

    play(script, size=(width, 2))


def test_stale_rows_stay_and_are_dimmed() -> None:
    """Losing the store changes the style of the rows and not one of their letters."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows([job_row("a", state="failed"), job_row("b", state="failed")])
        await pilot.pause()
        fresh, text = app.table.render_line(2), app.screen_lines()
        app.table.stale = True
        await pilot.pause()
        assert app.screen_lines() == text
        assert [segment.style for segment in app.table.render_line(2)] != [segment.style for segment in fresh]
        app.table.stale = False
        await pilot.pause()
        assert [segment.style for segment in app.table.render_line(2)] == [segment.style for segment in fresh]

    play(script)


def test_no_rows_leave_a_sentence() -> None:
    """An empty table says so, and the sentence goes when rows come."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        assert "no job matches" in app.screen_lines()[1]
        app.table.show_empty_text(sanitize("the queue is empty"))
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(job_rows([1]))) == [0, 1]
        assert "queue is empty" not in "".join(app.screen_lines())
        assert await drawn_by(app, pilot, lambda: app.table.set_rows([])) == [1]
        assert "the queue is empty" in app.screen_lines()[1]

    play(script)


def test_the_header_shows_the_sort() -> None:
    """The sorted column carries an arrow, and changing it draws the header alone."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(3)))
        assert await drawn_by(app, pilot, lambda: app.table.show_order([Sort("age", descending=True)])) == [0]
        assert "age▼" in app.screen_lines()[0]
        app.table.show_order([Sort("type", descending=False)])
        assert "type▲" in app.screen_lines()[0]
        app.table.show_order([])
        assert "▲" not in app.screen_lines()[0]

    play(script)


def test_hostile_text_in_every_cell_is_inert_and_aligned() -> None:
    """No specimen of the zoo in any cell draws a control character or moves a column."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        for name, text in SMALL_ZOO.items():
            row = job_row(f"key {name}", state=text, age=text, why=text, job_type=text)
            app.table.set_rows([job_row("plain"), row, job_row("other")])
            await pilot.pause()
            for line in app.screen_lines():
                assert_inert(line, allowed="")
                assert cell_len(line) == app.table.size.width, name
            worker_at = {cell_len(line[: line.index("web-1/4411")]) for line in app.screen_lines()[1:4]}
            assert len(worker_at) == 1, name

    play(script, size=(120, 10))


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
def test_the_terminals_own_palette_is_kept_to(theme: str) -> None:
    """Under an ANSI theme, which NO_COLOR chooses, no cell asks for an RGB colour."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.theme = theme
        app.table.set_rows([job_row(state, state=state) for state in ("pending", "failed", "processing", "stuck")])
        await pilot.pause()
        for y in range(5):
            for segment in app.table.render_line(y):
                assert segment.style is not None
                for colour in (segment.style.color, segment.style.bgcolor):
                    assert colour is None or colour.triplet is None

    play(script)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "dracula", "atom-one-light"])
def test_every_state_is_legible(theme: str) -> None:
    """In dark and light themes the words of the states stand out from their background."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.theme = theme
        app.table.set_rows([job_row("first"), *(job_row(tone.value, state=tone.value) for tone in Tone)])
        await pilot.pause()
        for y in range(2, len(Tone) + 2):
            for segment in app.table.render_line(y):
                assert contrast_of(segment) >= 4.3, segment

    play(script, size=(100, 20))


def test_safe_text_is_all_a_cell_takes() -> None:
    """The cells of a row hold proven text."""
    assert all(isinstance(cell.text, SafeText) for cell in job_row("a", why="\x1b[0m").cells)
