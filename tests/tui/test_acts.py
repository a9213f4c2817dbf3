"""Acts: every one through a dialog that freezes its targets, focuses Cancel and reports what came of it."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from textual.widgets import Button

from queuetui.model.act import Verb
from queuetui.model.state import State
from queuetui.operate.rights import Right
from queuetui.tui.dialogs.ask import AskDialog
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.scripted import CAPABILITIES, ScriptedFeed, make_job
from tests.tui.stage import NARROW, PROFILE, Stage


def key(number: int) -> str:
    """Return the id of a scripted job."""
    return make_job(number).ref.id


async def until_asked(stage: Stage) -> None:
    """Wait until the dialog offers its confirmation."""
    await stage.until(lambda: stage.is_on(AskDialog))
    await stage.until(lambda: not stage.app.screen.query_one("#confirm", Button).has_class("-hidden"))


def may_confirm(stage: Stage) -> bool:
    """Tell whether the dialog would do it now."""
    return not stage.app.screen.query_one("#confirm", Button).disabled


@pytest.mark.parametrize(
    ("letter", "tab", "title"),
    [
        ("R", "5", "Retry 1 job in PROD-EU / mail?"),
        ("C", "3", "Cancel 1 job in PROD-EU / sync?"),
        ("D", "5", "Delete 1 job in PROD-EU / mail?"),
    ],
)
def test_enter_at_once_changes_nothing(letter: str, tab: str, title: str) -> None:
    """Each act names how many and where, with the focus on Back: Enter closes it and nothing was done."""

    async def script(stage: Stage) -> None:
        await stage.press(tab)
        await stage.until(lambda: stage.app.latest is not None and len(stage.table().rows) < 10)
        await stage.press(letter)
        await until_asked(stage)
        assert title in stage.text()
        assert stage.app.focused is not None
        assert stage.app.focused.id == "cancel"
        await stage.press("enter")
        assert stage.is_on(JobsScreen)
        assert stage.operations.performed == []

    Stage().play(script, NARROW)


def test_confirming_acts_on_the_marked_jobs_and_unmarks_them() -> None:
    """`y` does it: the marked jobs are retried, the status line counts them and their marks are gone."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("space", "space", "R")
        await until_asked(stage)
        assert "Retry 2 jobs" in stage.text()
        await stage.press("y")
        await stage.until_shown("2 retried, 0 skipped, 0 failed")
        assert [ref.id for ref in stage.operations.performed[0].refs] == [key(6), key(7)]
        await stage.until_shown("4 of 4 exact")
        assert stage.table().marks == set()

    Stage().play(script)


def test_a_dialog_keeps_to_the_jobs_it_was_opened_for() -> None:
    """The list reorders while the dialog is up: the named jobs are affected and no other."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("R")
        await until_asked(stage)
        stage.feed.jobs = [make_job(100, State.FAILED), *reversed(stage.feed.jobs)]
        polls = stage.feed.polls
        stage.app.poller.poll_now()
        await stage.until(lambda: stage.feed.polls > polls)
        await stage.press("y")
        await stage.until(lambda: stage.operations.performed)
        assert [ref.id for ref in stage.operations.performed[0].refs] == [key(6)]

    Stage().play(script)


@pytest.mark.parametrize(
    ("gone", "title", "counts"),
    [
        ((7,), "Done in part", "1 retried, 1 skipped, 0 failed"),
        ((6, 7), "Not done", "0 retried, 2 skipped, 0 failed"),
    ],
)
def test_a_partial_failure_is_reported_and_not_hidden(gone: tuple[int, ...], title: str, counts: str) -> None:
    """When one of two jobs is gone, or both are, the dialog stays and says how many were done and why the others were not."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("space", "space", "R")
        await until_asked(stage)
        stage.operations.gone = {key(number) for number in gone}
        await stage.press("y")
        await stage.until_shown(counts)
        assert title in stage.text()
        assert "is now completed" in stage.text()
        await stage.press("enter")
        await stage.until(lambda: stage.table().marks == stage.operations.gone)

    Stage().play(script)


def test_what_an_act_cannot_apply_to_is_left_out_by_name() -> None:
    """Retrying a marked pending job beside a failed one says that the pending one is left out."""

    async def script(stage: Stage) -> None:
        await stage.press("j", "space", "j", "j", "j", "space", "R")
        await until_asked(stage)
        assert "Retry 1 of 2 jobs in" in stage.text()
        assert "1 left out (is pending)" in stage.text()
        await stage.press("n")
        assert stage.operations.performed == []

    Stage().play(script)


def test_a_run_that_a_worker_holds_is_not_counted_among_those_to_be_retried() -> None:
    """Of a lost run, a held one and a failed job, two are retried; the third is told to be held."""

    async def script(stage: Stage) -> None:
        await stage.press("space", "j", "space", "j", "j", "space", "R")
        await until_asked(stage)
        assert "Retry 2 of 3 jobs in" in stage.text()
        assert "1 processing -> pending, freed where its worker is lost" in stage.text()
        assert "1 left out (its worker still holds it; cancel it instead)" in stage.text()

    Stage().play(script)


def test_nothing_to_do_offers_nothing() -> None:
    """Retrying only jobs that cannot be retried has no confirmation at all."""

    async def script(stage: Stage) -> None:
        await stage.press("j", "R")
        await stage.until_shown("Nothing to retry")
        await stage.press("y")
        assert stage.is_on(AskDialog)
        await stage.press("escape")
        assert stage.operations.performed == []

    Stage().play(script)


def test_an_orphan_is_freed_by_retry() -> None:
    """`R` on a processing job whose lease is over releases it, and says so."""

    async def script(stage: Stage) -> None:
        await stage.press("R")
        await until_asked(stage)
        assert "freed where its worker is lost" in stage.text()
        await stage.press("y")
        await stage.until(lambda: stage.operations.performed)
        assert stage.operations.performed[0].steps[0][0] is Verb.RELEASE

    Stage().play(script)


def test_a_purge_wants_the_name_of_the_queue() -> None:
    """A purge does nothing for a wrong name; the right one deletes what matched and tells the file written first."""

    async def script(stage: Stage) -> None:
        await stage.press("colon")
        await stage.write("jobs mail")
        await stage.press("enter")
        await stage.until_shown("6 of 6 exact")
        await stage.press("X")
        await until_asked(stage)
        assert "Purge 6 jobs in PROD-EU / mail?" in stage.text()
        assert not may_confirm(stage)
        await stage.write("mali")
        await stage.press("enter")
        assert "not the word" in stage.text()
        assert stage.operations.performed == []
        await stage.press("backspace", "backspace", "backspace", "backspace")
        await stage.write("mail")
        assert may_confirm(stage)
        await stage.press("enter")
        await stage.until_shown("6 deleted, 0 skipped, 0 failed")
        assert "purge-20260314T025107.ndjson" in stage.text()
        await stage.press("escape")
        await stage.until_shown("0 of 0 exact")

    Stage().play(script, NARROW)


def test_letters_typed_at_once_go_into_the_name_and_never_confirm() -> None:
    """With the focus still on Cancel, `y` and `n` are letters of the name that must be typed."""

    async def script(stage: Stage) -> None:
        await stage.press("X")
        await until_asked(stage)
        await stage.write("yn")
        assert stage.is_on(AskDialog)
        assert stage.field("#word").value == "yn"
        assert stage.operations.performed == []

    Stage().play(script)


def test_a_question_fits_whatever_size_its_screen_comes_to_have() -> None:
    """The word to be typed, the buttons and the keys stay on a screen that is made small, and all is told again on a large one."""
    title = f"a shop with a name that is {'very ' * 12}long"

    async def script(stage: Stage) -> None:
        await stage.press("5", *("space" for _ in range(6)), "D")
        await until_asked(stage)
        whole = stage.text()
        await stage.pilot.resize_terminal(60, 15)
        await stage.until(lambda: "..." in stage.text())
        for word in (PROFILE.name, "Back", "Delete", "Enter in the field does it", "Esc goes back", "very long"):
            assert word in stage.text()
        await stage.pilot.resize_terminal(120, 40)
        await stage.until(lambda: stage.text() == whole)

    jobs = [make_job(number, State.FAILED) for number in range(1, 9)]
    Stage(ScriptedFeed(jobs), profile=replace(PROFILE, label=title, protected=True)).play(script, (120, 40))


def test_a_protected_profile_wants_its_name_for_bulk_acts() -> None:
    """On a protected profile two marked jobs need the profile's name, a single one does not."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("R")
        await until_asked(stage)
        assert may_confirm(stage)
        await stage.press("escape", "space", "space", "R")
        await until_asked(stage)
        assert not may_confirm(stage)
        await stage.write("prod-eu")
        assert may_confirm(stage)
        await stage.press("enter")
        await stage.until(lambda: stage.operations.performed)

    Stage(profile=replace(PROFILE, protected=True)).play(script)


def test_pausing_names_the_queue_and_resuming_who_paused_it() -> None:
    """`P` asks to pause the queue of the job under the cursor, and to resume it when it is paused."""

    async def script(stage: Stage) -> None:
        await stage.press("P")
        await until_asked(stage)
        assert "Pause queue sync in PROD-EU?" in stage.text()
        await stage.press("y")
        await stage.until(lambda: stage.operations.paused == [("sync", True)])
        await stage.until_shown("1 paused")
        polls = stage.feed.polls
        await stage.until(lambda: stage.feed.polls > polls or stage.feed.polls > 1)
        await stage.press("r")
        await stage.pilot.pause()
        await stage.press("P")
        await until_asked(stage)
        assert "Resume queue sync" in stage.text()
        assert "by ops" in stage.text()
        await stage.press("y")
        await stage.until(lambda: stage.operations.paused[-1] == ("sync", False))

    Stage().play(script)


def test_a_read_only_profile_offers_no_act_and_says_why() -> None:
    """Without the right to operate no act is in the footer, and its key answers with the reason."""

    async def script(stage: Stage) -> None:
        assert "READ-ONLY" in stage.lines_of("#heading")
        assert "retry" not in stage.lines_of("#footer")
        for letter in ("R", "C", "D", "X", "P"):
            await stage.press(letter)
            assert "read-only" in stage.lines_of("#status")
            assert stage.is_on(JobsScreen)

    Stage(right=Right.READ).play(script)


def test_a_verb_that_the_backend_lacks_is_dimmed_with_its_reason() -> None:
    """The key of a missing verb gives the backend's own reason, in the status line and in the palette."""
    reason = "this system cannot cancel a job that runs"

    async def script(stage: Stage) -> None:
        await stage.press("C")
        assert reason in stage.lines_of("#status")
        await stage.press("ctrl+p")
        await stage.write("cancel")
        assert reason in stage.text()

    lacking = replace(
        CAPABILITIES,
        applies={verb: states for verb, states in CAPABILITIES.applies.items() if verb is not Verb.CANCEL},
        reasons={Verb.CANCEL: reason},
    )
    Stage(ScriptedFeed(capabilities=lacking)).play(script)


def test_an_act_left_alone_tells_its_outcome_later() -> None:
    """Esc while the store works on it closes the dialog; the outcome comes to the status line."""
    release = threading.Event()

    def hold() -> None:
        release.wait(60)

    async def script(stage: Stage) -> None:
        stage.operations.before_perform = hold
        await stage.press("5")
        await stage.until_shown("of 250 exact")
        await stage.press("space", "R")
        await until_asked(stage)
        await stage.press("y")
        await stage.until_shown("Working")
        await stage.press("escape")
        assert stage.is_on(JobsScreen)
        release.set()
        await stage.until_shown("1 retried, 0 skipped, 0 failed")
        assert not stage.table().marks

    Stage(ScriptedFeed([make_job(n, State.FAILED) for n in range(1, 251)])).play(script)


def test_marks_of_deleted_jobs_end_when_an_act_asks_about_them() -> None:
    """In a list of many pages a deleted job keeps its mark until a dialog finds it gone, says so and takes the mark away."""

    async def script(stage: Stage) -> None:
        await stage.press("space", "space", "space")
        stage.feed.jobs = [job for job in stage.feed.jobs if job.ref.id not in {key(1), key(2)}]
        await stage.press("r", "D")
        await stage.until_shown("2 left out (it is no longer there)")
        await stage.press("escape")
        await stage.until_shown("1 marked")
        assert stage.table().marks == {key(3)}

    Stage(ScriptedFeed([make_job(n) for n in range(1, 251)])).play(script)
