"""Jobs: tabs, order, marks, paging, and a cursor that stays with its job."""

from __future__ import annotations

from dataclasses import replace

from queuetui.model.query import Sort
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.scripted import NOW, ScriptedFeed, make_job
from tests.tui.stage import NARROW, Stage


def jobs_screen(stage: Stage) -> JobsScreen:
    """Return the home screen in front."""
    assert isinstance(stage.app.screen, JobsScreen)
    return stage.app.screen


def key(number: int) -> str:
    """Return the id of a scripted job."""
    return make_job(number).ref.id


def test_each_digit_opens_its_tab() -> None:
    """1 to 8 show all, pending, processing, stuck, failed, later, done and cancelled jobs."""

    async def script(stage: Stage) -> None:
        expected = {"2": 31, "3": 4, "4": 2, "5": 6, "6": 2, "7": 16, "8": 0, "1": 59}
        for digit, count in expected.items():
            await stage.press(digit)
            await stage.until_shown(f"{count} of {count} exact")
            assert len(stage.table().rows) == count

    Stage().play(script)


def test_stuck_rows_say_so_in_words_and_the_explanation_names_the_next_key() -> None:
    """A stuck job is told by a sign beside its state, by its verdict, and by the key that mends it."""

    async def script(stage: Stage) -> None:
        await stage.press("4")
        await stage.until_shown("2 of 2 exact")
        assert "processing!" in stage.text()
        assert "orphaned" in stage.lines_of("#explanation")
        assert "Next: R here" in stage.lines_of("#explanation")
        await stage.press("j")
        assert "nobody listens to import" in stage.lines_of("#explanation")

    Stage().play(script, NARROW)


def test_the_cursor_stays_with_its_job_while_the_list_churns() -> None:
    """Rows that come and go above the cursor move it on the screen and never to another job."""

    async def script(stage: Stage) -> None:
        await stage.press("j", "j", "j", "j", "j")
        assert stage.table().cursor_key == key(6)
        for round_ in range(10):
            stage.feed.jobs = [make_job(100 + round_), *stage.feed.jobs]
            await stage.press("r")
            await stage.until_first_row_is(key(100 + round_))
            assert stage.table().cursor_key == key(6)

    Stage().play(script)


def test_a_cursor_that_lost_its_job_goes_to_a_neighbour_and_says_so() -> None:
    """When the job under the cursor is deleted elsewhere the next one is under it, and the status line tells."""

    async def script(stage: Stage) -> None:
        await stage.press("j")
        stage.feed.jobs = [job for job in stage.feed.jobs if job.ref.id != key(2)]
        await stage.press("r")
        await stage.until(lambda: stage.table().cursor_key == key(3))
        await stage.until_shown("is no longer in this list")

    Stage().play(script)


def test_marks_survive_churn_filter_and_order() -> None:
    """Five marked jobs stay the marked ones whatever the list does."""

    async def script(stage: Stage) -> None:
        await stage.press("space", "space", "space", "space", "space")
        marked = stage.table().marks
        assert marked == {key(n) for n in range(1, 6)}
        stage.feed.jobs = list(reversed(stage.feed.jobs))
        await stage.press("r", "s")
        await stage.write("type")
        await stage.press("enter")
        await stage.until(lambda: jobs_screen(stage).scope.sort == Sort("type", descending=False))
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        assert stage.table().marks == marked
        assert "5 marked" in stage.lines_of("#footer")

    Stage().play(script)


def test_marking_keys() -> None:
    """Space marks and steps down, v marks a range, u unmarks, a marks all rows."""

    async def script(stage: Stage) -> None:
        await stage.press("space", "j", "j", "v")
        assert stage.table().marks == {key(n) for n in range(1, 5)}
        await stage.press("u")
        assert stage.table().marks == set()
        await stage.press("a")
        assert len(stage.table().marks) == 59

    Stage().play(script)


def test_a_pressed_twice_marks_all_that_match() -> None:
    """With more rows than were read, the second `a` means every matching job, and an act counts them in the store."""

    async def script(stage: Stage) -> None:
        await stage.press("a")
        await stage.until_shown("a again marks all that match")
        await stage.press("a")
        assert "all matching marked" in stage.lines_of("#footer")
        await stage.press("D")
        await stage.until_shown("Delete 250 jobs")
        await stage.press("escape", "escape")
        assert stage.table().marks == set()
        assert "marked" not in stage.lines_of("#footer")

    Stage(ScriptedFeed([make_job(n) for n in range(1, 251)])).play(script)


def test_scrolling_reads_on_by_keyset_and_keeps_the_cursor() -> None:
    """Going down past what was read asks for more, in windows that overlap; going up comes back to the top."""

    async def script(stage: Stage) -> None:
        assert len(stage.table().rows) == 100
        while stage.table().cursor_key != key(900):
            await stage.until_read()
            before = stage.table().cursor_key
            await stage.press("pagedown")
            await stage.until_cursor_leaves(before)
        assert len(stage.table().rows) <= 300
        while stage.table().cursor_key != key(1):
            await stage.until_read()
            before = stage.table().cursor_key
            await stage.press("pageup")
            await stage.until_cursor_leaves(before)

    Stage(ScriptedFeed([make_job(n) for n in range(1, 901)])).play(script)


def test_order_keys() -> None:
    """`>` and `<` walk through the columns, `i` inverts, and the header shows the arrow."""

    async def script(stage: Stage) -> None:
        await stage.press("greater_than_sign")
        assert jobs_screen(stage).scope.sort == Sort("type", descending=False)
        await stage.until_shown("type▲")
        await stage.press("i")
        assert jobs_screen(stage).scope.sort == Sort("type", descending=True)
        await stage.until_shown("type▼")
        await stage.press("less_than_sign")
        assert jobs_screen(stage).scope.sort == Sort("attempts", descending=True)
        await stage.until(lambda: stage.table().rows[0].cells[5].text == "3/3")

    Stage().play(script)


def test_wide_columns_show_the_whole_id() -> None:
    """`w` changes to columns with the whole id and back."""

    async def script(stage: Stage) -> None:
        assert key(1) not in stage.text()
        await stage.press("w")
        assert key(1) in stage.text()
        await stage.press("w")
        assert key(1) not in stage.text()

    Stage().play(script)


def test_q_selector_narrows_to_one_queue_and_back() -> None:
    """`Q` offers every queue with its counts; a chosen one scopes the table and its tab counts."""

    async def script(stage: Stage) -> None:
        await stage.press("Q")
        await stage.until_shown("Queue to look at")
        await stage.write("mail")
        await stage.press("enter")
        await stage.until_shown("6 of 6 exact")
        assert "queue mail" in stage.lines_of("#crumbs")
        assert "[1 All 6]" in stage.lines_of("#tabs")
        await stage.press("Q", "enter")
        await stage.until_shown("59 of 59 exact")

    Stage().play(script)


def test_an_empty_list_says_what_to_do_next() -> None:
    """No blank table: a store without jobs, a filter without hits and a tab without jobs each have their sentence."""

    async def script(stage: Stage) -> None:
        await stage.until_shown("No jobs here yet")
        await stage.press("4")
        await stage.until_shown("Nothing is stuck")

    Stage(ScriptedFeed([])).play(script)


def test_freezing_holds_the_screen_while_reading_goes_on() -> None:
    """After `z` new jobs are read but not shown; the second `z` shows them."""

    async def script(stage: Stage) -> None:
        await stage.press("z")
        assert "FROZEN" in stage.lines_of("#clock")
        stage.feed.jobs = [make_job(200), *stage.feed.jobs]
        polls = stage.feed.polls
        await stage.press("r")
        await stage.until(lambda: stage.feed.polls > polls)
        await stage.pilot.pause()
        assert stage.table().rows[0].key == key(1)
        await stage.press("z")
        await stage.until(lambda: stage.table().rows[0].key == key(200))

    Stage().play(script)


def test_rates() -> None:
    """`+` reads less often, `-` more often, within the bounds, and :rate takes a number."""

    async def script(stage: Stage) -> None:
        await stage.press("minus")
        assert stage.app.poller.interval_s == 30
        await stage.press("plus", "plus")
        assert stage.app.poller.interval_s == 60
        await stage.press("colon")
        await stage.write("rate 0.1")
        await stage.press("enter")
        assert stage.app.poller.interval_s == 0.5
        await stage.until_shown("Reading every 0.5 s")

    Stage().play(script)


def test_a_paused_queue_is_told_beside_its_name() -> None:
    """The crumbs of a scoped queue say that it is paused."""

    async def script(stage: Stage) -> None:
        stage.feed.paused = {Untrusted("mail")}
        await stage.press("r", "colon")
        await stage.write("jobs mail")
        await stage.press("enter")
        await stage.until_shown("queue mail PAUSED")

    Stage().play(script)


def test_the_age_of_a_running_job_counts_from_its_start() -> None:
    """How long a job runs stands in a column of that name, and where states are mixed beside its state."""

    async def script(stage: Stage) -> None:
        stage.feed.replace_job(replace(make_job(3, State.PROCESSING), started_at=NOW, claimed_at=NOW))
        await stage.press("r")
        await stage.until_shown("processing 0 s")
        await stage.press("3")
        await stage.until_shown("running")
        await stage.until(lambda: stage.table().rows[1].cells[4].text == "0 s")

    Stage().play(script)
