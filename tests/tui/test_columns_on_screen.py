"""Columns are as wide as what they hold, steadily, and each of them can be reached."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize
from queuetui.tui.present.failures import FAILURE_COLUMNS
from queuetui.tui.present.job_columns import NORMAL, TROUBLED, columns_for
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.widgets.content_widths import ContentWidths
from queuetui.tui.widgets.row_pane import RowPane
from queuetui.tui.widgets.table_layout import lay_out
from tests.tui.scripted import ScriptedFeed, make_error, make_job
from tests.tui.stage import Stage
from tests.tui.tables import TableApp, drawn_by, job_row, play

KEPT = frozenset(State) - {State.BLOCKED}
WIDE_FAILED = columns_for(parse_query("state:failed"), KEPT, is_troubled=True, is_wide=True).columns
CONTENTS = {
    "id": 8,
    "type": 9,
    "queue": 4,
    "state": 11,
    "age": 4,
    "att": 3,
    "data": 20,
    "why": 90,
    "prio": 1,
    "worker": 10,
}
SIZES = [(60, 15), (80, 24), (120, 40), (200, 60)]


def test_no_column_is_padded_while_another_is_cut() -> None:
    """Whatever the width, a column has its contents' width before one that takes the rest has all it wants, and no more than it."""
    for width in (80, 120, 200):
        placed = {one.column.key: one for one in lay_out(TROUBLED, width, CONTENTS).placed}
        assert placed["why"].width < CONTENTS["why"] or width == 200
        for key, one in placed.items():
            assert one.width <= max(CONTENTS[key], len(one.column.title) + 1), key
        assert placed["type"].width == CONTENTS["type"]
    assert sum(one.width for one in lay_out(TROUBLED, 120, CONTENTS).placed if one.column.rest) >= 60


@pytest.mark.parametrize(
    "columns",
    [columns_for(parse_query("state:failed"), KEPT, is_troubled=True, is_wide=False).columns, FAILURE_COLUMNS],
)
def test_an_error_stands_beside_queue_and_data_at_80_cells(columns: tuple[Column, ...]) -> None:
    """However long type and queue are: without both nobody knows which shop a failure is of."""
    contents = {**CONTENTS, "type": 34, "queue": 16, "state": 0, "age": 6, "error": 90}
    placed = {one.column.key for one in lay_out(columns, 80, contents).placed}
    assert {"id", "type", "queue", "age", "data"} <= placed
    assert placed & {"why", "error"}


def test_what_is_least_wanted_stands_at_nobodys_cost() -> None:
    """Priority and worker are shown where nothing is cut for them, and are a step to the right elsewhere."""
    roomy, tight = lay_out(NORMAL, 200, CONTENTS), lay_out(NORMAL, 120, CONTENTS)
    assert {"prio", "worker"} <= {one.column.key for one in roomy.placed}
    assert not {"prio", "worker"} & {one.column.key for one in tight.placed}
    assert tight.behind == 2
    assert {"id", "prio", "worker"} <= {one.column.key for one in lay_out(NORMAL, 120, CONTENTS, step=1).placed}


@pytest.mark.parametrize("columns", [NORMAL, TROUBLED, WIDE_FAILED])
@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_going_right_reaches_every_column(columns: tuple[Column, ...], width: int) -> None:
    """Step by step every column is seen, the first of them always, and the last step has nothing behind it."""
    seen: set[str] = set()
    layout = lay_out(columns, width, CONTENTS)
    for step in range(len(columns)):
        layout = lay_out(columns, width, CONTENTS | {"id": 36}, step)
        keys = [one.column.key for one in layout.placed]
        assert keys[0] == "id"
        assert layout.placed[-1].end <= width
        seen |= set(keys)
        if not layout.behind:
            break
    assert seen == {column.key for column in columns}
    assert not layout.behind


def test_widths_grow_at_once_and_shrink_after_a_while() -> None:
    """One long text widens its column at the next reading; when it is gone the column keeps its width for many readings."""
    widths, columns = ContentWidths(), (Column("a", "a", 1),)

    def read(text: str) -> bool:
        return widths.look_at(columns, [Row("r", (Cell(sanitize(Untrusted(text))),))], is_reading=True)

    assert read("short")
    assert not read("shor")
    assert read("rather long")
    changes = [read("short") for _ in range(80)]
    assert changes.count(True) == 1
    assert not any(changes[:25])
    assert widths.cells == {"a": 5}


def test_unchanged_rows_cost_nothing_and_a_shorter_text_moves_no_column() -> None:
    """The same rows draw no line again; of a text that got shorter its own line is drawn."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        rows = [job_row("a", why="nobody listens"), job_row("b")]
        app.table.set_rows(rows)
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(list(rows))) == []
        shorter = [job_row("a", why="nobody"), rows[1]]
        assert await drawn_by(app, pilot, lambda: app.table.set_rows(shorter)) == [1]

    play(script)


def test_the_heading_of_another_list_stands_above_its_columns() -> None:
    """Rows of another list that move the columns draw the heading too, and a row that stood in the list before."""

    async def script(app: TableApp, pilot: Pilot[None]) -> None:
        same = job_row("b")
        app.table.set_rows([job_row("a", job_type="SendMail of a rather long name"), same])
        rows = [job_row("c"), same]
        drawn = await drawn_by(app, pilot, lambda: app.table.set_rows(rows, is_new_list=True))
        assert set(drawn) >= {0, 1, 2}

    play(script)


@pytest.mark.parametrize("size", SIZES)
def test_right_shows_the_columns_that_had_no_room(size: tuple[int, int]) -> None:
    """At every size `right` leads to priority and worker, the heading tells that there is more, and `left` leads back."""
    error = make_error()
    feed = ScriptedFeed([make_job(1, error=error, attempts=2, priority=7, worker=Untrusted("web-1/4311"))])

    async def script(stage: Stage) -> None:
        await stage.press("left")
        first = stage.table().shown_columns
        seen = set(first)
        while (heading := stage.table().render_line(0).text).endswith(">"):
            await stage.press("right")
            assert stage.table().render_line(0).text != heading
            seen |= set(stage.table().shown_columns)
        assert {"prio", "worker", "why", "data", "att", "queue"} <= seen
        for _ in range(9):
            await stage.press("left")
        assert stage.table().shown_columns == first

    Stage(feed).play(script, size)


def test_a_tab_of_one_state_does_not_repeat_it() -> None:
    """Failed jobs stand without the word in each row; a stuck one among running jobs keeps its sign."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        rows = "\n".join(stage.text().splitlines()[4:10])
        assert "failed" not in rows
        await stage.press("3")
        await stage.until_shown("4 of 4 exact")
        assert [line.split()[4] for line in stage.text().splitlines()[4:5]] == ["!"]

    Stage().play(script)


def test_the_pane_tells_each_thing_once_names_the_worker_and_scrolls() -> None:
    """At 200 columns the pane names the worker as elsewhere, says why once, and `J` and `K` scroll it."""
    feed = ScriptedFeed()
    feed.workers = (replace(feed.workers[2], id=Untrusted("0195a3f0-9c00-7000-8000-00000000aaaa")),)
    feed.jobs[0] = replace(feed.jobs[0], worker=feed.workers[0].id)

    async def script(stage: Stage) -> None:
        told = stage.lines_of("#explanation")
        assert "web-2 pid 4411" in told
        assert told.count("silent 6 m 9 s") == 1
        assert "J more" in told
        await stage.press(*"JJJJJJJJ")
        assert '"deep": null' in stage.lines_of("#explanation").replace("\n", " ")
        assert "K back" in stage.lines_of("#explanation")
        await stage.press("j")
        assert "no_consumer" in stage.lines_of("#explanation")
        pane = stage.app.screen.query_one(RowPane)
        assert pane.lines

    Stage(feed).play(script, (200, 30))
