"""The views beside Jobs, the way between them, and the way out."""

from __future__ import annotations

from queuetui.model.picture import Warned
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.tui.screens.database import DatabaseScreen
from queuetui.tui.screens.detail import DetailScreen
from queuetui.tui.screens.events import EventsScreen
from queuetui.tui.screens.failures import FailuresScreen
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.screens.overview import OverviewScreen
from queuetui.tui.screens.schedules import SchedulesScreen
from queuetui.tui.screens.workers import WorkersScreen
from tests.tui.scripted import make_job
from tests.tui.stage import NARROW, Stage
from tests.tui.test_acts import until_asked


def test_the_overview_answers_whether_it_is_well() -> None:
    """Cards, the last hour, a line for each queue with a paused one marked, and the latest dead letters."""

    async def script(stage: Stage) -> None:
        stage.feed.paused = {make_job(1).queue}
        await stage.press("0")
        await stage.until_shown("done in the last hour")
        shown = stage.text()
        for text in ("pending", "processing", "failed", "2!", "done/min", "PAUSED", "import", "no answer from shop"):
            assert text in shown
        await stage.press("j", "enter")
        assert stage.is_on(JobsScreen)
        await stage.until_shown("queue mail")

    Stage().play(script, NARROW)


def test_what_is_wrong_with_queues_and_workers_is_shown_everywhere() -> None:
    """A strip on each screen tells how many alarms stand and the gravest; the Overview lists them, Workers those of workers."""
    dead = Verdict(Code.NO_CONSUMER, Severity.CRITICAL, "nobody listens to mail", next="queuetui worker -q mail")
    stale = Verdict(Code.STALE_WORKER, Severity.WARNING, "web-1/4311 has been silent for 5 m")

    async def script(stage: Stage) -> None:
        assert stage.lines_of("#alarms") == ""
        stage.feed.alarms = (
            Warned("queue", Untrusted("mail"), dead),
            Warned("worker", Untrusted("web-1/4311"), stale),
        )
        await stage.press("r")
        await stage.until_shown("▲ 2 alarms  nobody listens to mail; next: queuetui worker -q mail")
        await stage.press("0")
        await stage.until_shown("▲ nobody listens to mail")
        assert "▲ web-1/4311 has been silent" in stage.text()
        await stage.press("W")
        await stage.until_shown("▲ web-1/4311 has been silent")
        assert "▲ 2 alarms" in stage.text()
        assert "▲ nobody" not in stage.text()
        stage.feed.alarms = ()
        await stage.press("r")
        await stage.until(lambda: stage.lines_of("#alarms") == "")

    Stage().play(script, NARROW)


def test_what_another_view_opens_leads_back_to_it() -> None:
    """A queue's jobs, opened from the overview, are left for the overview, and Jobs has again what it showed before."""

    async def script(stage: Stage) -> None:
        await stage.press("5", "0")
        await stage.until_read()
        await stage.press("enter")
        assert stage.is_on(JobsScreen)
        await stage.until_shown("queue import")
        await stage.until_shown("[1 All")
        for key in ("q", "escape"):
            await stage.press(key)
            assert stage.is_on(OverviewScreen)
            await stage.press("enter")
        await stage.press("q", "q")
        await stage.until_shown("[5 Failed")
        assert "queue import" not in stage.text()

    Stage().play(script)


def test_escape_shows_all_queues_again() -> None:
    """A queue chosen with `Q` is left with Esc when nothing nearer is to be cleared, and Esc never ends the console."""

    async def script(stage: Stage) -> None:
        await stage.press("Q")
        await stage.write("mail")
        await stage.press("enter")
        await stage.until_shown("queue mail")
        await stage.press("escape")
        await stage.until(lambda: "queue mail" not in stage.text())
        await stage.press("escape", "escape")
        assert stage.is_on(JobsScreen)

    Stage().play(script)


def test_pausing_from_the_overview() -> None:
    """`P` on the overview is about the queue under the cursor."""

    async def script(stage: Stage) -> None:
        await stage.press("0")
        await stage.until_shown("done in the last hour")
        await stage.press("P")
        await until_asked(stage)
        assert "Pause queue import" in stage.text()

    Stage().play(script)


def test_the_dead_letters_show_error_and_attempts_and_can_be_retried() -> None:
    """The latest dead letters stand with their error; Enter opens the whole error, R retries."""

    async def script(stage: Stage) -> None:
        await stage.press("9")
        await stage.until_shown("the latest 6 of 6")
        assert "attempts 3/3" in stage.text()
        assert "shop.put(product)" in stage.text()
        await stage.press("enter")
        await stage.until_shown("[Error]")
        await stage.until_shown("shop.put(product)")
        await stage.press("q")
        assert stage.is_on(FailuresScreen)
        await stage.press("space", "R")
        await until_asked(stage)
        await stage.press("y")
        await stage.until_shown("the latest 5 of 5")

    Stage().play(script)


def test_the_workers_show_who_fell_silent_and_open_their_jobs() -> None:
    """A silent worker stands first and is told by a word; Enter filters the jobs by worker."""

    async def script(stage: Stage) -> None:
        await stage.press("W")
        await stage.until_shown("2 live of 3, 3 of 8 slots busy")
        assert "silent" in stage.text()
        assert stage.table().rows[0].key == "web-2/4411"
        await stage.press("5", "W", "enter")
        await stage.until_shown("worker:web-2/4411")
        await stage.until_shown("1 of 1 exact")
        await stage.press("q")
        assert stage.is_on(WorkersScreen)

    Stage().play(script)


def test_tab_goes_round_the_views() -> None:
    """Tab visits Jobs, Overview, Dead letters, Workers, Schedules, Events and Database; Shift+Tab goes back."""

    async def script(stage: Stage) -> None:
        for screen in (
            OverviewScreen,
            FailuresScreen,
            WorkersScreen,
            SchedulesScreen,
            EventsScreen,
            DatabaseScreen,
            JobsScreen,
        ):
            await stage.press("tab")
            assert stage.is_on(screen)
        await stage.press("shift+tab")
        assert stage.is_on(DatabaseScreen)

    Stage().play(script)


def test_the_detail_has_its_tabs() -> None:
    """Enter opens a job; `]` and `[` walk through summary, why, payload, error, attempts and events."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("enter")
        assert stage.is_on(DetailScreen)
        await stage.until_shown("0195a3f0-9c00-7000-8000-000000000006")
        for text in ("gave up after 3 attempts", '"sku": "A-1006"', "shop.put(product)", "run 3  failed", "JobCreated"):
            await stage.press("right_square_bracket")
            await stage.until_shown(text)
        await stage.press("left_square_bracket", "left_square_bracket")
        await stage.until_shown("shop.put(product)")

    Stage().play(script)


def test_explain_opens_the_verdict_with_its_evidence() -> None:
    """`e` on a stuck job shows what was judged, the values read, and the command that mends it."""

    async def script(stage: Stage) -> None:
        await stage.press("e")
        await stage.until_shown("read from")
        assert "silent          6 m" in stage.text()
        assert "queuetui release" in stage.text()
        await stage.press("right_square_bracket", "e")
        await stage.until_shown("[Why]")

    Stage().play(script)


def test_acting_from_the_detail() -> None:
    """R in a job's detail is about that job."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("enter")
        await stage.until_shown("0195a3f0-9c00-7000-8000-000000000006")
        await stage.press("R")
        await until_asked(stage)
        await stage.press("y")
        await stage.until_shown("1 retried")
        await stage.until_shown("pending")

    Stage().play(script)


def test_a_long_text_scrolls_and_its_lines_wrap_or_are_cut() -> None:
    """`w` in the detail turns wrapping, j and k scroll."""

    async def script(stage: Stage) -> None:
        await stage.press("enter")
        await stage.until_shown("swept it")
        await stage.press("w")
        assert "swept it" not in stage.text()
        await stage.press("w", "G", "g", "j", "k")
        assert "swept it" in stage.text()

    Stage().play(script, NARROW)


def test_q_goes_back_and_ends_at_the_root() -> None:
    """Q leaves the detail, then another view, then the console."""

    async def script(stage: Stage) -> None:
        await stage.press("9")
        await stage.until_shown("the latest 6 of 6")
        await stage.press("enter", "q")
        assert stage.is_on(FailuresScreen)
        await stage.press("q")
        assert stage.is_on(JobsScreen)
        await stage.press("q")
        await stage.until(lambda: not stage.app._running or stage.app._exit)

    stage = Stage()
    stage.play(script)
    assert stage.app.return_value == 0


def test_escape_never_ends_the_console() -> None:
    """Esc clears the filter, then the marks, then goes back, and stops at the root."""

    async def script(stage: Stage) -> None:
        await stage.press("space", "slash")
        await stage.write("queue:mail")
        await stage.press("enter")
        await stage.until_shown("6 of 6 exact")
        await stage.press("escape")
        await stage.until_shown("59 of 59 exact")
        assert stage.table().marks
        await stage.press("escape")
        assert not stage.table().marks
        await stage.press("escape", "escape")
        assert stage.is_on(JobsScreen)
        assert not stage.app._exit

    Stage().play(script)


def test_ctrl_c_ends_from_anywhere() -> None:
    """Ctrl+C ends the console from a dialog, and the dialog's act is not done."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("R")
        await until_asked(stage)
        await stage.press("ctrl+c")
        await stage.until(lambda: stage.app._exit)

    stage = Stage()
    stage.play(script)
    assert stage.operations.performed == []


def test_a_screen_that_is_too_small_says_what_is_needed_and_recovers() -> None:
    """At 20x5 the needed size is named; back at 80x24 the cursor is where it was."""

    async def script(stage: Stage) -> None:
        await stage.press("j", "j")
        cursor = stage.table().cursor_key
        for size in ((40, 10), (20, 5), (1, 1)):
            await stage.pilot.resize_terminal(*size)
            await stage.pilot.pause()
        await stage.pilot.resize_terminal(30, 6)
        await stage.until_shown("queuetui needs 60x15")
        await stage.pilot.resize_terminal(*NARROW)
        await stage.until_shown("SyncProduct")
        assert stage.table().cursor_key == cursor

    Stage().play(script, NARROW)
