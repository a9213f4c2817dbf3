"""The store goes away and comes back: nothing on the screen is lost and no key waits."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

from queuetui.model.errors import Denied, Unreachable
from queuetui.monitor.link import Link, LinkState
from queuetui.tui.present.emptiness import waiting_sentence
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.widgets.status_line import About
from tests.tui.scripted import make_job
from tests.tui.stage import NARROW, Stage

GONE = Unreachable("the server at 127.0.0.1:5432 refused the connection; check that it runs")


def ignore(_: object) -> None:
    """Take an answer that nobody waits for."""


def break_link(stage: Stage) -> None:
    """Make every poll fail from now on."""

    def refuse() -> None:
        raise GONE

    stage.feed.before_poll = refuse


def mend_link(stage: Stage) -> None:
    """Let polls through again."""
    stage.feed.before_poll = lambda: None


def test_a_lost_store_leaves_its_rows_dimmed_and_the_keys_alive() -> None:
    """The rows, the cursor, the marks and the filter stay; the first line counts and names the reason; acts say why not."""

    async def script(stage: Stage) -> None:
        await stage.press("j", "space", "j")
        cursor, marks = stage.table().cursor_key, stage.table().marks
        break_link(stage)
        await stage.press("r")
        await stage.until_shown("DISCONNECTED 00:0")
        assert re.search(r"retry in \d+ s|trying now", stage.text())
        assert re.search(r"\(attempt [1-9]\d*\)", stage.text())
        assert "refused the connection" in stage.text()
        assert stage.table().stale
        assert (stage.table().cursor_key, stage.table().marks) == (cursor, marks)
        await stage.press("R")
        assert stage.is_on(JobsScreen)
        assert "nothing can be changed until it does" in stage.lines_of("#status")
        await stage.press("j", "question_mark")
        await stage.until_shown("not now: the store does not answer")

    Stage().play(script)


def test_a_screen_that_is_older_than_the_last_reading_says_so() -> None:
    """The first line tells since when the store is silent: what was read before for a screen that was left is older."""

    async def script(stage: Stage) -> None:
        await stage.press("0")
        await stage.until_shown("Latest dead letters")
        await stage.press("1")
        await stage.until_shown("59 of 59")
        stage.feed.now += timedelta(minutes=7)
        await stage.press("r")
        await stage.until_shown("02:58:07 (db)")
        break_link(stage)
        await stage.press("r")
        await stage.until_shown("DISCONNECTED 00:0")
        assert "older" not in stage.lines_of("#heading")
        await stage.press("0")
        await stage.until_shown("this screen is 7 m older")

    Stage().play(script)


def test_a_store_that_returns_is_read_at_once_and_said() -> None:
    """After the store is back the screen is fresh again, with the cursor, the filter and the marks as they were."""

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        await stage.write("queue:sync")
        await stage.press("enter")
        await stage.until_shown("51 of 51 exact")
        await stage.press("j", "space")
        cursor, marks = stage.table().cursor_key, stage.table().marks
        break_link(stage)
        await stage.press("r")
        await stage.until_shown("DISCONNECTED")
        stage.feed.jobs = [job for job in stage.feed.jobs if job.ref.id != make_job(40).ref.id]
        mend_link(stage)
        await stage.until_shown("Connected again")
        await stage.until_shown("50 of 50 exact")
        assert not stage.table().stale
        assert (stage.table().cursor_key, stage.table().marks) == (cursor, marks)
        assert "queue:sync" in stage.lines_of("#crumbs")

    Stage().play(script)


def test_a_store_that_never_answered_says_so_from_the_start() -> None:
    """A wrong password shows its reason in the frame, and the console connects when the reason is gone."""

    async def script(stage: Stage) -> None:
        await stage.until_shown("NO CONNECTION")
        await stage.until_shown("password was refused")
        stage.refusal = None
        await stage.until_shown("59 of 59 exact")
        assert "again" not in stage.lines_of("#status")

    stage = Stage()
    stage.refusal = Denied("the password was refused for user app; correct the profile")
    stage.play(script, NARROW, wait_for_rows=False)


def test_a_hung_store_holds_up_neither_keys_nor_the_way_out() -> None:
    """While a poll hangs for ever a key is answered, and the console is left."""
    hanging, release, over = threading.Event(), threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        release.wait()
        over.set()

    async def script(stage: Stage) -> None:
        stage.feed.before_poll = hang
        await stage.press("r")
        await stage.until(hanging.is_set)
        cursor = stage.table().cursor_key
        await stage.press("j")
        assert stage.table().cursor_key != cursor
        await stage.press("ctrl+c")

    Stage().play(script)
    assert not over.is_set()
    release.set()
    assert over.wait(60), "nothing hung"


def test_a_report_is_not_hidden_by_what_is_said_of_the_store() -> None:
    """Where a frozen store answers the act and the next poll in one moment, the report stays and the other follows it."""

    async def script(stage: Stage) -> None:
        app, screen = stage.app, stage.app.screen
        assert isinstance(screen, JobsScreen)
        assert app.latest is not None
        screen.flash_report("1 cancelled, 0 skipped, 0 failed", Tone.GOOD)
        app.shown.state = Link(LinkState.SILENT, "no answer", was_live=True)
        app.shown.hear_picture(app.latest.watch, app.latest.picture, 0.004, 60.0)
        await stage.until(lambda: app.link.is_live)
        assert "1 cancelled" in stage.lines_of("#status")
        screen.status.end()
        assert "The store answers again" in stage.lines_of("#status")
        screen.status.end()
        assert stage.lines_of("#status") == ""

    Stage().play(script)


def test_what_a_key_answers_takes_the_place_of_a_report() -> None:
    """A person who goes on has read the report, and is not told of the store afterwards."""

    async def script(stage: Stage) -> None:
        screen = stage.app.screen
        assert isinstance(screen, JobsScreen)
        screen.flash_report("1 cancelled, 0 skipped, 0 failed", Tone.GOOD)
        screen.status.tell_of_store("The store answers again", Tone.GOOD)
        screen.flash("There is no job under the cursor", Tone.WARNING)
        assert "no job" in stage.lines_of("#status")
        screen.status.end_about(About.STORE)
        assert "no job" in stage.lines_of("#status")
        screen.status.end()
        assert stage.lines_of("#status") == ""

    Stage().play(script)


def test_an_act_prepared_on_a_hung_store_can_be_left() -> None:
    """A dialog that waits for the store offers no confirmation, and Esc leaves it."""
    release = threading.Event()

    async def script(stage: Stage) -> None:
        await stage.press("space")
        stage.app.calls.send(lambda: release.wait(30), ignore, ignore)
        await stage.press("R")
        await stage.until_shown("Looking at the store")
        await stage.press("y", "enter")
        assert stage.is_on(JobsScreen)
        release.set()
        await stage.pilot.pause(0.1)
        assert stage.operations.performed == []

    Stage().play(script)


def test_the_sentence_of_a_lost_store() -> None:
    """It tells how long, when the next try is, how many there were, and why."""
    link = Link(LinkState.LOST, "no answer in 5 s", 3, lost_at=100.0, retry_at=116.0, was_live=True)
    assert link.describe(112.4) == "DISCONNECTED 00:12 - retry in 4 s (attempt 3): no answer in 5 s"
    assert link.describe(116.5) == "DISCONNECTED 00:16 - trying now (attempt 3): no answer in 5 s"
    assert link.describe(100.0 + 3725).startswith("DISCONNECTED 1:02:05")
    silent = Link(LinkState.SILENT, "the store keeps silent", lost_at=100.0, was_live=True)
    assert silent.describe(107.0) == "NO ANSWER 00:07 - the store keeps silent; what is shown is as old as that"
    assert "what is shown" not in waiting_sentence(silent)
