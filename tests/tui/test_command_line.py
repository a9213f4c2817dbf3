"""The command line: Tab adds to what was typed and never takes from it, and what was run is offered again whole."""

from __future__ import annotations

import pytest

from queuetui.model.text import Untrusted
from tests.tui.scripted import ScriptedFeed, make_job
from tests.tui.stage import Stage


def typed(stage: Stage) -> str:
    """Return what stands in the field."""
    return stage.field("#pick-text").value


COMPLETED = {
    "jobs ma": "jobs mail ",
    "jobs m": "jobs mail ",
    "jobs MA": "jobs mail ",
    "jobs": "jobs ",
    "jobs nowhere": "jobs nowhere",
    "job": "jobs ",
    "ove": "overview ",
    "sort l": "sort left ",
    "rate 5": "rate 5",
    "filter queue:mail": "filter queue:mail ",
    "filter stat": "filter state:",
    "filter queue:mail stat": "filter queue:mail state:",
    "events corr": "events correlation:",
    "zzz foo": "zzz foo",
    "dead": "failures ",
}


def test_tab_completes_and_never_erases() -> None:
    """The name of a command, then its argument, as far as it is known."""

    async def script(stage: Stage) -> None:
        for text, after in COMPLETED.items():
            await stage.press("colon")
            await stage.write(text)
            for _ in range(2):
                await stage.press("tab")
                assert typed(stage) == after, text
            await stage.press("escape")

    Stage().play(script)


def test_tab_writes_a_queue_so_that_it_is_meant() -> None:
    """A name with blanks is quoted in a filter, one that a terminal obeys or hides is escaped, and both can be run as they stand."""
    names = ("two words", "red\x1b[31m", "it's")
    written = {
        "jobs tw": "jobs two words ",
        "jobs red": r'jobs "red\x1b[31m" ',
        "filter queue:tw": 'filter queue:"two words" ',
        "filter queue:re": r'filter queue:"red\x1b[31m" ',
        "filter -queue:it": 'filter -queue:"it\'s" ',
    }

    async def script(stage: Stage) -> None:
        for text, after in written.items():
            await stage.press("colon")
            await stage.write(text)
            await stage.press("tab")
            assert typed(stage) == after
            await stage.press("enter")
            await stage.until_shown("20 of 20 exact" if "-queue" in text else "10 of 10 exact")
            await stage.press("escape", "escape")

    jobs = [make_job(number, queue=Untrusted(names[number % 3])) for number in range(30)]
    Stage(ScriptedFeed(jobs)).play(script)


@pytest.mark.parametrize(("queues", "told"), [(2, "mail-00 mail-01"), (30, "mail-11 and 18 more")])
def test_tab_names_what_it_may_become(queues: int, told: str) -> None:
    """Where several queues begin so, the field gets what they share and the hint names them, the first of many."""

    async def script(stage: Stage) -> None:
        await stage.press("colon")
        await stage.write("jobs ma")
        await stage.press("tab")
        assert typed(stage).startswith("jobs mail-")
        assert told in " ".join(stage.text().replace("│", " ").split())

    Stage(ScriptedFeed([make_job(number, queue=Untrusted(f"mail-{number:02}")) for number in range(queues)])).play(
        script
    )


def test_what_was_run_is_offered_with_its_argument() -> None:
    """An empty command line shows `jobs mail` first, Enter runs it, and it is found by typing its beginning."""

    async def script(stage: Stage) -> None:
        await stage.press("colon")
        await stage.write("jobs mail")
        await stage.press("enter")
        await stage.until_shown("queue mail")
        await stage.press("colon")
        await stage.write("jobs sync")
        await stage.press("enter")
        await stage.until_shown("queue sync")
        await stage.press("colon")
        assert [row.cells[0].text for row in stage.table().rows[:2]] == ["jobs sync", "jobs mail"]
        await stage.press("down", "enter")
        await stage.until_shown("queue mail")
        await stage.press("colon")
        await stage.write("jobs")
        await stage.press("down", "tab")
        assert typed(stage) == "jobs mail"
        await stage.press("enter")
        await stage.until_shown("queue mail")

    Stage().play(script)


def test_the_row_that_was_chosen_runs() -> None:
    """A row that a person went down to is run, though what was typed is a command of its own."""

    async def script(stage: Stage) -> None:
        await stage.press("colon")
        await stage.write("sort")
        await stage.until(lambda: stage.table().rows[1].key == "sort left")
        await stage.press("down", "enter")
        await stage.until_shown("▼")

    Stage().play(script)
