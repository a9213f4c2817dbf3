"""What stands under a heading belongs to it: rows of another list give way, and what could not be read is said in their place."""

from __future__ import annotations

import threading
from dataclasses import replace

from queuetui.model.errors import Unreachable
from queuetui.model.measured import Exactness, Measured
from queuetui.model.page import Page, PageRequest
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.tui.dialogs.seek import SeekDialog
from queuetui.tui.screens.detail import DetailScreen
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.scripted import ScriptedFeed
from tests.tui.stage import NARROW, Stage

REASON = "the server at db:5432 refused the connection; check that it runs, and that this user may log in there: " * 2


DENIED = (
    "the server refused the right to read what is asked for here; check the grants (permission denied for table jobs)"
)


class LockedFeed(ScriptedFeed):
    """A feed whose page of failed jobs cannot be read."""

    is_locked = True

    def poll(self, watch: Watch) -> Picture:
        """Return a picture without its page."""
        picture = super().poll(watch)
        if not self.is_locked or watch.page is None or "failed" not in watch.page.query.text:
            return picture
        return replace(picture, snapshot=replace(picture.snapshot, page=None), problems={"page": "the table is locked"})


class DeniedFeed(ScriptedFeed):
    """A feed of which only the pages can be read."""

    def poll(self, watch: Watch) -> Picture:
        """Return a picture whose parts have a reason instead."""
        picture = super().poll(watch)
        snapshot = replace(picture.snapshot, queues=(), workers=(), failures=())
        return replace(picture, snapshot=snapshot, problems=dict.fromkeys(("counts", "failures", "workers"), DENIED))


class DeepFeed(ScriptedFeed):
    """A feed that looks through ten jobs a page and finds one among the fortieth and later."""

    def _page(self, request: PageRequest) -> Page:
        start = int(request.cursor or 0)
        found = tuple(self.jobs[:1]) if start >= 40 else ()
        total = Measured(len(found), Exactness.CAPPED)
        return Page(found, total, str(start), str(start + 10), has_more=True, looked=10)


def test_a_store_that_is_away_shows_no_rows_under_another_heading() -> None:
    """Another tab says why it is empty, and the whole reason; Overview shows the figures that are known."""

    async def script(stage: Stage) -> None:
        def refuse() -> None:
            raise Unreachable(REASON)

        stage.feed.before_poll = refuse
        stage.app.poller.poll_now()
        await stage.until_shown("DISCONNECTED")
        assert len(stage.table().rows) == 59
        await stage.press("5")
        assert not stage.table().rows
        assert "not read" in stage.lines_of("#crumbs")
        shown = " ".join(stage.text().split())
        assert " ".join(f"This was not read before the store was lost: {REASON}".split()) in shown
        await stage.press("0")
        assert "31" in stage.lines_of("#card-pending")
        assert len(stage.table().rows) == 4
        await stage.press("9")
        assert "This was not read before the store was lost" in stage.text()

    Stage().play(script, size=NARROW)


def test_a_page_that_cannot_be_read_says_so_where_its_rows_are() -> None:
    """In place of rows that were never read; above rows that are old by then."""
    feed = LockedFeed()

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("These jobs could not be read. the table is locked")
        assert not stage.table().rows
        feed.is_locked = False
        stage.app.poller.poll_now()
        await stage.until_shown("6 of 6 exact")
        feed.is_locked = True
        stage.app.poller.poll_now()
        await stage.until_shown("these rows are of 02:51:07; reading them again failed: the table is locked")
        assert stage.table().stale
        assert len(stage.table().rows) == 6
        await stage.press("1")
        await stage.until_shown("59 of 59 exact")
        assert not stage.table().stale

    Stage(feed).play(script)


def test_no_act_is_about_a_row_of_the_list_before() -> None:
    """Rows stay for a moment until those of another tab are read; they are none of that tab, and cannot be marked."""
    reading = threading.Event()

    def hold() -> None:
        reading.wait(30)

    async def script(stage: Stage) -> None:
        stage.feed.before_poll = hold
        await stage.press("5", "a", "space", "v", "R")
        assert stage.is_on(JobsScreen)
        assert not stage.table().marks
        await stage.until(lambda: not stage.table().rows)
        assert "These jobs are still being read" in stage.lines_of("#status")
        reading.set()
        await stage.until_shown("6 of 6 exact")
        await stage.press("a", "R")
        await stage.until_shown("6 failed")

    try:
        Stage().play(script)
    finally:
        reading.set()


def test_what_could_not_be_read_is_not_told_as_none() -> None:
    """No queue, no worker and no dead letter may be there only where the store said so; the reason stands there whole."""

    async def script(stage: Stage) -> None:
        for key, lie in (
            ("0", "No dead letters"),
            ("9", "No dead letters"),
            ("W", "No worker"),
            ("0", "No queue here"),
        ):
            await stage.press(key)
            await stage.until(lambda: f"They could not be read: {DENIED}" in " ".join(stage.text().split()))
            assert lie not in stage.text()

    Stage(DeniedFeed()).play(script, NARROW)


def test_a_search_that_ended_early_says_how_far_it_looked_and_goes_on() -> None:
    """`n` looks through the next jobs until one is found."""

    async def script(stage: Stage) -> None:
        await stage.until_shown("None among the 10 jobs looked through, and there are more. n goes on looking")
        assert "none found in 10 looked through" in stage.lines_of("#crumbs")
        await stage.press("n")
        await stage.until(lambda: stage.table().rows)
        assert "1 found in 50 looked through" in stage.lines_of("#crumbs")

    Stage(DeepFeed()).play(script)


def test_an_id_that_the_first_look_does_not_find_is_looked_for_as_long_as_is_wanted() -> None:
    """How far was looked is said; `n` goes on look by look until the job opens, Esc goes back."""
    feed = ScriptedFeed()
    feed.look_jobs = 10
    last = feed.jobs[-1].ref.id

    async def script(stage: Stage) -> None:
        await stage.write(f":show {last[-8:]}")
        await stage.press("enter")
        await stage.until_shown("Not among the 10 newest jobs that were looked through")
        await stage.press("escape")
        await stage.until(lambda: stage.is_on(JobsScreen))
        await stage.write(f":show {last[-8:]}")
        await stage.press("enter")
        await stage.until(lambda: stage.is_on(SeekDialog))
        await stage.press("n")
        await stage.until(lambda: stage.is_on(DetailScreen))
        await stage.press("escape")
        await stage.write(":show 99999999")
        await stage.press("enter")
        await stage.until(lambda: stage.is_on(SeekDialog))
        await stage.press("n")
        await stage.until_shown(f"all {len(feed.jobs)} were looked through")

    Stage(feed).play(script)


def test_an_act_on_all_that_match_says_how_far_was_looked_and_looks_further() -> None:
    """The dialog of a purge names what was found so far; F3 looks through the rest before anything is confirmed."""
    feed = ScriptedFeed()
    feed.look_jobs = 8

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("X")
        await stage.until_shown("Only the 8 newest jobs were looked through; more may match.")
        assert "Purge 3 jobs" in stage.text()
        await stage.press("f3")
        await stage.until_shown("Purge 6 jobs")
        assert "Only the" not in stage.text()
        assert stage.operations.performed == []

    Stage(feed).play(script)
