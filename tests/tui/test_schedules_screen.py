"""The Schedules screen: what it shows, and the acts on the schedule under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from queuetui.model.text import Untrusted
from queuetui.operate.rights import Right
from queuetui.tui.screens.detail import DetailScreen
from queuetui.tui.screens.schedules import SchedulesScreen
from tests.tui.scripted import NOW, ScriptedFeed, make_job
from tests.tui.scripted_schedules import make_schedules
from tests.tui.stage import NARROW, Stage
from tests.tui.test_acts import until_asked
from tests.tui.test_snapshots import SIZES, settle
from tests.zoo import SMALL_ZOO, assert_inert


def stage_with_schedules(right: Right = Right.ADMIN) -> Stage:
    """Return a console over a feed with four schedules."""
    feed = ScriptedFeed()
    feed.schedules = make_schedules(NOW, make_job(20).ref.id)
    return Stage(feed, right=right)


def test_overdue_schedules_come_first_and_paused_ones_last() -> None:
    """`S` lists the recurring jobs with timing, next, last job and who paused them."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        assert stage.is_on(SchedulesScreen)
        await stage.until_shown("1 of 4 overdue")
        shown = stage.text()
        for text in ("30 2 * * 1-5", "every 90 s", "OVERDUE 1 h", "PAUSED ana@", "on time", "in 8 m", "failed"):
            assert text in shown
        places = [shown.index(name) for name in ("nightly-report", "hourly-sync", "month-end", "ping")]
        assert places == sorted(places)

    stage_with_schedules().play(script, NARROW)


@pytest.mark.parametrize(
    ("key", "title", "noted"),
    [
        ("R", "Run schedule nightly-report now", ("run", "nightly-report", 1)),
        ("P", "Pause schedule nightly-report", ("pause", "nightly-report", 1)),
        ("D", "Remove schedule nightly-report", ("unschedule", "nightly-report", 1)),
    ],
)
def test_an_act_is_asked_about_the_schedule_under_the_cursor(key: str, title: str, noted: tuple[str, str, int]) -> None:
    """Nothing is done before the dialog is confirmed, and then to the version that was seen."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("1 of 4 overdue")
        await stage.press(key)
        await until_asked(stage)
        assert title in stage.text()
        await stage.press("n", key)
        await until_asked(stage)
        assert stage.operations.schedules.asked == []
        await stage.press("y")
        await stage.until(lambda: stage.operations.schedules.asked == [noted])

    stage_with_schedules().play(script)


def test_a_paused_schedule_is_resumed() -> None:
    """`P` on a paused schedule says by whom it was paused and asks to resume it."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("1 of 4 overdue")
        await stage.press("G", "P")
        await until_asked(stage)
        assert "Paused by ana@ops-1 at" in stage.text()
        await stage.press("y")
        await stage.until(lambda: stage.operations.schedules.asked == [("resume", "ping", 1)])

    stage_with_schedules().play(script)


def test_the_schedule_under_the_cursor_is_told_of() -> None:
    """Below the table stands how it is, what to do, when exactly it is next and what it makes."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("no worker is live")
        assert "queuetui worker --app MODULE" in stage.text()
        assert "30 2 * * 1-5 Europe/Berlin; next Sat 2026-03-14 01:51:07 UTC; missed slots: latest" in stage.text()
        assert "makes SendReport in reports with {}" in stage.text()
        await stage.press("G")
        await stage.until_shown("Next: P here, or queuetui schedules resume ping")

    stage_with_schedules().play(script)


def test_removing_what_code_declares_warns() -> None:
    """A declared schedule comes back with the next worker, and the dialog says so."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("1 of 4 overdue")
        await stage.press("j", "j", "D")
        await until_asked(stage)
        assert "Remove schedule month-end" in stage.text()
        assert "adds it again" in stage.text()

    stage_with_schedules().play(script)


def test_enter_opens_the_last_job() -> None:
    """A schedule leads to the job that it made last; one that made none says so."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("1 of 4 overdue")
        await stage.press("G", "enter")
        await stage.until_shown("It has made no job yet")
        await stage.press("g", "j", "enter")
        await stage.until(lambda: stage.is_on(DetailScreen))

    stage_with_schedules().play(script)


def test_a_read_only_profile_offers_no_act() -> None:
    """Without the right no dialog opens, and the reason is told."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("1 of 4 overdue")
        await stage.press("R")
        await stage.until_shown("read-only")
        assert stage.is_on(SchedulesScreen)

    stage_with_schedules(Right.READ).play(script)


def test_the_overview_tells_of_overdue_schedules() -> None:
    """Whoever looks whether all is well learns that a schedule does not run."""

    async def script(stage: Stage) -> None:
        await stage.press("0")
        await stage.until_shown("1 schedule overdue")

    stage_with_schedules().play(script)


def test_an_empty_store_says_how_to_begin() -> None:
    """Without schedules the screen says how one is made."""

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("queuetui schedules add")

    Stage().play(script)


def test_hostile_names_are_shown_and_never_obeyed() -> None:
    """Whatever schedules are called, the screen stands, and the dialog about one opens."""
    stage = stage_with_schedules()
    first = stage.feed.schedules[0]
    stage.feed.schedules = tuple(
        replace(first, name=Untrusted(text), type=Untrusted(text), tz=Untrusted(text), queue=Untrusted(text))
        for text in SMALL_ZOO.values()
    )

    async def script(stage: Stage) -> None:
        await stage.press("S")
        await stage.until_shown("0 of ")
        for _ in range(3):
            assert_inert(stage.text())
            await stage.press("R")
            await until_asked(stage)
            assert_inert(stage.text())
            await stage.press("n", "pagedown")

    stage.play(script, NARROW)


@pytest.mark.parametrize("size", SIZES)
def test_the_screen_looks_as_it_did(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    """The picture of the screen."""
    stage = stage_with_schedules()
    assert snap_compare(stage.app, terminal_size=size, run_before=settle(stage, ["S"], "1 of 4 overdue"))


@pytest.mark.parametrize("size", SIZES)
def test_the_question_looks_as_it_did(size: tuple[int, int], snap_compare: Callable[..., bool]) -> None:
    """The picture of a dialog."""
    stage = stage_with_schedules()
    run: Any = settle(stage, ["S", "G", "P"], "y does it")
    assert snap_compare(stage.app, terminal_size=size, run_before=run)
