"""Each list says what it is ordered by, and orders by what its columns show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from queuetui.model.query import Sort
from queuetui.model.query_parser import parse_query
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.tui.present.job_columns import columns_for
from queuetui.tui.present.row_order import in_order
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.scripted import NOW, ScriptedFeed, ago, make_job
from tests.tui.scripted_schedules import make_schedules
from tests.tui.stage import Stage

KEPT = frozenset(State) - {State.BLOCKED}
TIME_OF_TAB = {
    "1": ("age", "created"),
    "2": ("waiting", "scheduled"),
    "3": ("running", "started"),
    "4": ("age", "created"),
    "5": ("ended", "completed"),
    "6": ("due", "scheduled"),
    "7": ("ended", "completed"),
    "8": ("ended", "completed"),
}


@pytest.mark.parametrize("digit", list(TIME_OF_TAB))
def test_the_time_column_is_ordered_by_what_it_shows(digit: str) -> None:
    """On each tab `s` with the title of its time column asks for the times that this column shows."""
    title, field = TIME_OF_TAB[digit]

    async def script(stage: Stage) -> None:
        await stage.press(digit)
        await stage.press("s")
        await stage.write(title)
        await stage.press("enter")
        screen = stage.app.screen
        assert isinstance(screen, JobsScreen)
        assert screen.scope.sort is not None
        assert screen.scope.sort.field == field
        assert f"{title}▲" in stage.text() or f"{title}▼" in stage.text()

    Stage(ScriptedFeed([make_job(1)])).play(script)


def test_an_arrow_points_the_way_the_shown_figures_go() -> None:
    """What counts from a moment on grows as the moment is older; what is due grows with its moment."""
    running = columns_for(parse_query("state:processing"), KEPT, is_troubled=False, is_wide=False)
    due = columns_for(parse_query("state:scheduled,retrying"), KEPT, is_troubled=True, is_wide=False)
    assert running.marks([Sort("started", descending=False)]) == (Sort("age", descending=True),)
    assert due.marks([Sort("scheduled", descending=False)]) == (Sort("age", descending=False),)
    assert running.marks([Sort("priority", descending=True), Sort("started", descending=True)]) == (
        Sort("prio", descending=True),
        Sort("age", descending=False),
    )


def test_a_store_s_own_order_is_marked_or_told() -> None:
    """The order that a page came in stands as an arrow; one that no column shows, in words."""
    feed = ScriptedFeed()

    async def script(stage: Stage) -> None:
        feed.own_order = (Sort("created", descending=True),)
        await stage.press("r")
        await stage.until_shown("age▲")
        await stage.press("3")
        await stage.until_shown("newest first")
        feed.own_order = (Sort("started", descending=False),)
        await stage.press("r")
        await stage.until_shown("running▼")

    Stage(feed).play(script)


def test_rows_without_a_value_come_last_and_ties_stay() -> None:
    """Both ways round, what is absent is at the end and equals keep their places."""
    items = [("a", 1), ("b", None), ("c", 2), ("d", 1)]

    def names(*, descending: bool) -> str:
        order = Sort("x", descending=descending)
        return "".join(name for name, _ in in_order(items, order, lambda _, item: item[1]))

    assert names(descending=False) == "adcb"
    assert names(descending=True) == "cadb"


def test_the_overview_the_workers_and_the_dead_letters_are_ordered() -> None:
    """Each shows its own order, and `s`, `>` and `i` order it by another column."""

    async def first_keys(stage: Stage, view: str, title: str) -> list[str]:
        await stage.press(view)
        await stage.until_read()
        await stage.press("s")
        await stage.write(title)
        await stage.press("enter")
        await stage.until(lambda: f"{title}▲" in stage.text() or f"{title}▼" in stage.text())
        return [row.key for row in stage.table().rows]

    async def script(stage: Stage) -> None:
        await stage.press("0")
        await stage.until_shown("queue▲")
        assert await first_keys(stage, "0", "pending") == ["sync", "import", "mail", "reports"]
        await stage.press("i")
        await stage.until_shown("pending▲")
        assert stage.table().rows[-1].key == "sync"
        await stage.press("greater_than_sign")
        await stage.until_shown("running▼")
        await stage.press("W")
        await stage.until_shown("busy▼")
        assert (await first_keys(stage, "W", "last beat"))[0] == "web-2/4411"
        assert (await first_keys(stage, "W", "worker"))[0] == "web-1/4311"
        await stage.press("9")
        await stage.until_shown("ended▲")
        assert (await first_keys(stage, "9", "error"))[0][-1] == "a"

    Stage().play(script)


def test_the_schedules_are_ordered() -> None:
    """By themselves those that need a person stand first; `s` orders them by name."""
    feed = ScriptedFeed()
    feed.schedules = make_schedules(NOW, make_job(1).ref.id)

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("standing▲")
        await stage.press("s")
        await stage.write("name")
        await stage.press("enter")
        await stage.until_shown("name▲")
        keys = [row.key for row in stage.table().rows]
        assert keys == sorted(keys)

    Stage(feed).play(script)


def test_ordering_keeps_cursor_and_marks() -> None:
    """The row under the cursor and the marked rows are the same in another order."""

    async def script(stage: Stage) -> None:
        await stage.press("9")
        await stage.until_shown("the latest 6 of 6")
        await stage.press("space", "j")
        cursor, marks = stage.table().cursor_key, stage.table().marks
        await stage.press("greater_than_sign", "i")
        assert (stage.table().cursor_key, stage.table().marks) == (cursor, marks)

    feed = ScriptedFeed()
    feed.jobs = [
        replace(job, completed_at=ago(minutes=1) + timedelta(seconds=1), queue=Untrusted("other"))
        if job.ref.id[-1] == "7"
        else job
        for job in feed.jobs
    ]
    Stage(feed).play(script)
