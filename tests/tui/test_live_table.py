"""The live table: what it repaints, and that cursor and marks follow jobs rather than positions."""

from __future__ import annotations

import random

import pytest
from textual.pilot import Pilot

from queuetui.tui.present.table import Row
from queuetui.tui.widgets.live_table import LiveTable
from tests.tui.tables import TableApp, drawn_by, job_row, job_rows, play


def test_a_changed_cell_redraws_its_line_alone() -> None:
    """One new age among many rows costs one line, and unchanged rows cost none."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        rows = job_rows(range(10))
        app.table.set_rows(rows)
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(job_rows(range(10)))) == []
        changed = [*rows[:4], job_row("job-4", age="8 m"), *rows[5:]]
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(changed)) == [5]
        assert "8 m" in app.screen_lines()[5]

    play(script)


def test_a_changed_cell_is_sent_without_its_neighbours() -> None:
    """The region given to the terminal is what changed of a cell, not the line."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(3)))
        await pilot.pause()
        app.table.set_rows([*job_rows(range(2)), job_row("job-2", age="8 m")])
        regions = list(app.table._repaint_regions)
        assert [(region.y, region.height) for region in regions] == [(3, 1)]
        assert regions[0].width == 1

    play(script)


def test_a_cursor_step_redraws_two_lines() -> None:
    """Moving the cursor draws the line it leaves and the line it enters."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(10)))
        assert await drawn_by(app, pilot, lambda: app.table.action_move(1)) == [1, 2]

    play(script)


def test_a_row_that_ends_redraws_only_the_lines_below() -> None:
    """Lines above a vanished row stay as they are."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(10)))
        rest = job_rows(number for number in range(10) if number != 6)
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(rest)) == [7, 8, 9, 10]

    play(script)


def test_rows_beyond_the_window_cost_nothing() -> None:
    """Changes below the last visible line, and inserts above a window that has moved, draw nothing."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(100)))
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(job_rows(range(120)))) == []
        app.table.move_cursor_to("job-60")
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(job_rows(range(-7, 120)))) == []
        assert app.table.cursor_key == "job-60"

    play(script)


def test_the_cursor_stays_with_its_job_under_churn() -> None:
    """However rows come, go and change order, the cursor is on the same job, and on the screen."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        chance = random.Random(4)
        numbers = list(range(40))
        app.table.set_rows(job_rows(numbers))
        app.table.move_cursor_to("job-17")
        for step in range(60):
            numbers = [number for number in numbers if number == 17 or chance.random() > 0.1]
            numbers += [1000 + step * 10 + extra for extra in range(chance.randrange(6))]
            chance.shuffle(numbers)
            app.table.set_rows(job_rows(numbers))
            assert app.table.cursor_key == "job-17"
            cursor_lines = [line for line in app.screen_lines() if line.startswith(">")]
            assert len(cursor_lines) == 1
            assert "job-17 " in cursor_lines[0]
        await pilot.pause()
        assert app.told_of(LiveTable.CursorLost) == []

    play(script)


def test_a_cursor_that_nobody_placed_stays_on_its_line() -> None:
    """Rows that come in above leave an untouched cursor on the first line, and one that `g` sent there; a placed one is kept."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        def add(count: int) -> None:
            for _ in range(count):
                rows.insert(0, job_row(f"job-{len(rows)}"))
                app.table.set_rows(rows[:100])

        rows = job_rows(reversed(range(100)))
        app.table.set_rows(rows)
        add(60)
        assert app.screen_lines()[1].startswith(f">  {rows[0].key} ")
        await pilot.press("j")
        kept = app.table.cursor_key
        add(60)
        assert app.table.cursor_key == kept
        await pilot.press("g")
        add(60)
        assert app.screen_lines()[1].startswith(f">  {rows[0].key} ")
        await pilot.pause()
        assert app.told_of(LiveTable.CursorLost) == []

    play(script)


@pytest.mark.parametrize(
    ("before", "cursor", "after", "expected"),
    [
        ("abcde", "c", "abde", "d"),
        ("abcde", "e", "abcd", "d"),
        ("abcde", "c", "ae", "e"),
        ("abcde", "c", "xab", "b"),
        ("abc", "b", "xyz", "y"),
        ("abc", "b", "", None),
    ],
)
def test_a_vanished_job_hands_the_cursor_to_its_neighbour(
    before: str, cursor: str, after: str, expected: str | None
) -> None:
    """The cursor goes to the next survivor, else the one above, and the table says so."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows([job_row(key) for key in before])
        app.table.move_cursor_to(cursor)
        await pilot.pause()
        app.table.set_rows([job_row(key) for key in after])
        assert app.table.cursor_key == expected
        await pilot.pause()
        assert app.told_of(LiveTable.CursorLost) == [LiveTable.CursorLost(app.table, cursor, expected)]
        assert app.told_of(LiveTable.RowHighlighted)[-1] == LiveTable.RowHighlighted(app.table, expected)

    play(script)


def test_marks_belong_to_jobs() -> None:
    """Marked jobs stay marked through other orders; one that vanishes is dropped and told."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(6)))
        await pilot.press("space", "j", "space")
        assert app.table.marks == {"job-0", "job-2"}
        app.table.set_rows(job_rows([5, 4, 3, 2, 1, 0]))
        assert app.table.targets == ("job-2", "job-0")
        marked = [line for line in app.screen_lines() if line[1] == "*"]
        assert len(marked) == 2
        app.table.set_rows(job_rows([5, 4, 3, 2, 1]))
        await pilot.pause()
        assert app.told_of(LiveTable.MarksChanged)[-1] == LiveTable.MarksChanged(
            app.table, frozenset({"job-2"}), ("job-0",)
        )

    play(script)


def test_marks_of_another_page_may_be_kept() -> None:
    """Paging does not take marks away from jobs that are merely elsewhere."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(5)))
        app.table.mark(["job-1"])
        app.table.set_rows(job_rows(range(10, 15)), cursor_key="job-12", keep_absent_marks=True)
        assert app.table.marks == {"job-1"}
        assert app.table.cursor_key == "job-12"
        await pilot.pause()
        assert app.told_of(LiveTable.CursorLost) == []

    play(script)


def test_mark_keys() -> None:
    """Space toggles and goes down, v marks from the last mark, a marks all, u none."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(6)))
        await pilot.press("space", "down", "down", "v")
        assert app.table.marks == {"job-0", "job-1", "job-2", "job-3"}
        await pilot.press("space")
        assert app.table.marks == {"job-0", "job-1", "job-2"}
        await pilot.press("a")
        assert len(app.table.marks) == 6
        await pilot.press("u")
        assert app.table.targets == (app.table.cursor_key,)

    play(script)


def test_movement_keys() -> None:
    """Every movement key does what vim, lazygit and pagers have taught."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(100)))
        page = app.table.size.height - 1
        for key, place in [
            ("j", 1),
            ("down", 2),
            ("k", 1),
            ("up", 0),
            ("pagedown", page),
            ("ctrl+d", page + page // 2),
            ("ctrl+u", page),
            ("pageup", 0),
            ("G", 99),
            ("g", 0),
            ("end", 99),
            ("home", 0),
        ]:
            await pilot.press(key)
            assert app.table.cursor_place == place, key

    play(script)


def test_enter_opens_the_row_under_the_cursor() -> None:
    """Enter names the key, and does nothing where there is no row."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        await pilot.press("enter", "space", "v", "a", "G", "pageup")
        assert app.told_of(LiveTable.RowSelected) == []
        app.table.set_rows(job_rows(range(3)))
        await pilot.press("down", "enter")
        assert app.told_of(LiveTable.RowSelected) == [LiveTable.RowSelected(app.table, "job-1")]

    play(script)


def test_pages_are_asked_for_near_the_edges() -> None:
    """Only a person's movement asks, once an edge, and again when a key is pressed at the very edge."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(100)))
        await pilot.press("j", "j")
        assert app.told_of(LiveTable.NearEnd) == []
        app.table.move_cursor_to("job-90")
        await pilot.press("j", "j")
        assert len(app.told_of(LiveTable.NearEnd)) == 1
        await pilot.press("G", "j")
        assert len(app.told_of(LiveTable.NearEnd)) == 2
        app.table.set_rows(job_rows(range(50, 150)), keep_absent_marks=True)
        await pilot.press("G", "g")
        assert len(app.told_of(LiveTable.NearEnd)) == 3
        assert len(app.told_of(LiveTable.NearStart)) == 1

    play(script)


def test_columns_can_be_exchanged() -> None:
    """Other columns come with rows of other cells, and the cursor stays with its job."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows(job_rows(range(5)))
        app.table.move_cursor_to("job-3")
        short = [Row(row.key, row.cells[:2]) for row in job_rows(range(5))]
        columns = app.table._columns[:2]
        app.table.set_columns(columns, short)
        await pilot.pause()
        assert app.table.shown_columns == ("id", "state")
        assert app.table.cursor_key == "job-3"
        with pytest.raises(ValueError, match="6 cells"):
            app.table.set_rows(job_rows(range(2)))

    play(script)


def test_the_same_id_twice_is_shown_twice() -> None:
    """A foreign queue may hold one id more than once; the cursor walks over both."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        app.table.set_rows([job_row("a"), job_row("a"), job_row("b")])
        await pilot.press("j", "j")
        assert app.table.cursor_key == "b"
        assert sum(" a " in line for line in app.screen_lines()) == 2

    play(script)
