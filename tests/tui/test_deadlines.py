"""Retrying a job whose deadline is past: the dialog lets a person put it off or clear it, and says what comes of it."""

from __future__ import annotations

from dataclasses import replace

from queuetui.model.act import NO_DEADLINE, RETRY_UNTIL
from queuetui.model.state import State
from tests.tui.scripted import ScriptedFeed, ago, make_error, make_job
from tests.tui.stage import NARROW, PROFILE, Stage
from tests.tui.test_acts import until_asked

EXPIRED = [make_job(n, State.FAILED, error=make_error(n), expired_at=ago(minutes=n)) for n in (1, 2)]


def test_the_deadline_of_one_job_can_be_put_off_or_cleared() -> None:
    """As it is, it would fail at once; one key further it runs within an hour, and up from the first without a deadline."""

    async def script(stage: Stage) -> None:
        await stage.press("R")
        await until_asked(stage)
        assert "> as it is: a worker that takes it fails it at once" in stage.text()
        assert "--retry-until" not in stage.text()
        await stage.press("down")
        await stage.until_shown("> run, with the deadline put off to 1 hour from now")
        await stage.press("up")
        await stage.until_shown("> as it is")
        await stage.press("up")
        await stage.until_shown("> run, without a deadline")
        await stage.press("y")
        await stage.until(lambda: stage.operations.performed)
        assert stage.operations.performed[0].args == {RETRY_UNTIL: NO_DEADLINE}

    Stage(ScriptedFeed(EXPIRED[:1])).play(script, NARROW)


def test_several_that_would_be_left_out_can_be_let_run() -> None:
    """Nothing is to be retried until a way is chosen; on a protected profile the word is typed all the same."""

    async def script(stage: Stage) -> None:
        await stage.press("a", "a", "R")
        await stage.until_shown("> leave these jobs out")
        assert "Nothing to retry" in stage.text()
        await stage.press("down")
        await stage.until_shown("Retry 2 jobs")
        await stage.write("prod-eu")
        await stage.press("enter")
        await stage.until(lambda: stage.operations.performed)
        assert stage.operations.performed[0].args == {RETRY_UNTIL: "3600"}

    Stage(ScriptedFeed(EXPIRED), profile=replace(PROFILE, protected=True)).play(script)


def test_an_act_without_deadlines_has_no_options() -> None:
    """Up and down do nothing there."""

    async def script(stage: Stage) -> None:
        await stage.press("D")
        await until_asked(stage)
        await stage.press("down")
        assert "retryUntil" not in stage.text()
        await stage.press("y")
        await stage.until(lambda: stage.operations.performed)

    Stage(ScriptedFeed(EXPIRED)).play(script)
