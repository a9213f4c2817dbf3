"""A sentence on the status line goes with what it speaks of."""

from __future__ import annotations

import pytest

from queuetui.model.errors import Unreachable
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.events import EventsScreen
from queuetui.tui.widgets.status_line import StatusLine
from tests.tui.scripted import ScriptedFeed, make_job
from tests.tui.stage import NARROW, Stage
from tests.tui.test_unread_lists import DeepFeed


async def change_tab(stage: Stage) -> None:
    """Go to another tab."""
    await stage.press("5")


async def choose_queue(stage: Stage) -> None:
    """Go to one queue."""
    stage.app.action_jobs("sync")


async def filter_jobs(stage: Stage) -> None:
    """Filter."""
    stage.app.action_filter("queue:mail")


async def order_jobs(stage: Stage) -> None:
    """Turn the order round."""
    await stage.press("i")


def test_a_long_sentence_is_whole_on_a_narrow_screen() -> None:
    """What to do next stands at its end; the line is one again once it is over."""

    async def script(stage: Stage) -> None:
        stage.app.action_jobs("a-queue-with-a-long-name-that-nobody-has-here")
        await stage.until_shown("them")
        said = " ".join(stage.lines_of("#status").split())
        assert said == "no queue is called 'a-queue-with-a-long-name-that-nobody-has-here' here; Q lists them"
        status = stage.app.screen.query_one(StatusLine)
        status.end()
        await stage.until(lambda: status.size.height == 1)

    Stage().play(script, NARROW)


@pytest.mark.parametrize("change", [change_tab, choose_queue, filter_jobs, order_jobs])
def test_what_is_said_of_a_list_goes_with_it(change: object) -> None:
    """A cursor that lost its job, and an offer to mark the rest, are no words about another list."""

    async def script(stage: Stage) -> None:
        await stage.press("j")
        stage.feed.jobs = stage.feed.jobs[:1] + stage.feed.jobs[2:]
        await stage.press("r")
        await stage.until_shown("the cursor is on its neighbour")
        await change(stage)  # type: ignore[operator]  # one of the functions above
        await stage.pilot.pause()
        assert stage.lines_of("#status") == ""

    Stage(ScriptedFeed()).play(script)


def test_what_is_said_of_the_cursor_goes_when_it_moves() -> None:
    """The neighbour is no neighbour any more once the cursor was moved on."""

    async def script(stage: Stage) -> None:
        await stage.press("j")
        stage.feed.jobs = stage.feed.jobs[:1] + stage.feed.jobs[2:]
        await stage.press("r")
        await stage.until_shown("the cursor is on its neighbour")
        await stage.press("j")
        assert stage.lines_of("#status") == ""

    Stage().play(script)


def test_what_is_said_of_marks_goes_with_them() -> None:
    """After `u` nobody is told that a marks the rest."""

    async def script(stage: Stage) -> None:
        await stage.press("a")
        await stage.until_shown("a again marks all that match")
        await stage.press("u")
        await stage.pilot.pause()
        assert stage.lines_of("#status") == ""

    Stage(ScriptedFeed([make_job(n) for n in range(1, 251)])).play(script)


def test_looking_further_is_said_while_it_lasts() -> None:
    """When something was found, nobody is told any more how to stop."""

    async def script(stage: Stage) -> None:
        await stage.until_shown("n goes on looking")
        await stage.press("n")
        await stage.until(lambda: stage.table().rows)
        await stage.pilot.pause()
        assert stage.lines_of("#status") == ""

    Stage(DeepFeed()).play(script)


def test_frozen_is_said_while_it_is() -> None:
    """The second `z` takes the sentence of the first away."""

    async def script(stage: Stage) -> None:
        await stage.press("z")
        assert "Frozen" in stage.lines_of("#status")
        await stage.press("z")
        assert stage.lines_of("#status") == ""

    Stage().play(script)


def test_connected_again_is_not_said_of_a_store_that_is_lost() -> None:
    """The sentence about the store goes when it is lost again."""

    async def script(stage: Stage) -> None:
        def refuse() -> None:
            raise Unreachable("the server refused the connection")

        stage.feed.before_poll = refuse
        stage.app.poller.poll_now()
        await stage.until_shown("DISCONNECTED")
        stage.feed.before_poll = lambda: None
        stage.app.poller.poll_now()
        await stage.until_shown("Connected again")
        stage.feed.before_poll = refuse
        stage.app.poller.poll_now()
        await stage.until_shown("DISCONNECTED")
        assert "Connected again" not in stage.text()

    Stage().play(script)


def test_what_became_of_an_act_is_told_on_every_list() -> None:
    """A report is about jobs, not about a list: another tab does not take it away."""

    async def script(stage: Stage) -> None:
        stage.app.flash_report("2 retried, 0 skipped, 0 failed", Tone.GOOD)
        await stage.press("5")
        assert "2 retried" in stage.lines_of("#status")

    Stage().play(script)


def test_what_is_said_of_an_event_goes_with_the_cursor() -> None:
    """An event without a correlation id is not spoken of when the cursor is on another."""

    async def script(stage: Stage) -> None:
        await stage.press("E")
        await stage.until(lambda: stage.is_on(EventsScreen) and len(stage.table().rows) > 1)
        screen = stage.app.screen
        assert isinstance(screen, EventsScreen)
        screen._show_only(None, "This event is of no job")
        await stage.press("j")
        assert stage.lines_of("#status") == ""

    Stage().play(script)
