"""Marking all: `a` twice means all that match, whatever comes and goes meanwhile, until a person's hand says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.model.state import State
from tests.tui.scripted import ScriptedFeed, make_error, make_job
from tests.tui.stage import Stage
from tests.tui.test_acts import until_asked


def key(number: int) -> str:
    """Return the id of a scripted job."""
    return make_job(number).ref.id


async def read_anew(stage: Stage) -> None:
    """Let the console read the store once more and show it."""
    polls = stage.feed.polls
    await stage.press("r")
    await stage.until(lambda: stage.feed.polls > polls)
    await stage.until(lambda: {row.key for row in stage.table().rows} <= {job.ref.id for job in stage.feed.jobs})
    await stage.pilot.pause()


def drop(stage: Stage, *, first: int, last: int) -> None:
    """Let jobs leave the store."""
    gone = {key(number) for number in range(first, last + 1)}
    stage.feed.jobs = [job for job in stage.feed.jobs if job.ref.id not in gone]


def come(stage: Stage) -> None:
    """Let a job come in on top."""
    stage.feed.jobs = [make_job(900), *stage.feed.jobs]


def go(stage: Stage) -> None:
    """Let marked jobs leave."""
    drop(stage, first=1, last=40)


def shrink(stage: Stage) -> None:
    """Let the list fit one page."""
    drop(stage, first=1, last=200)


def exchange(stage: Stage) -> None:
    """Let every job leave and others come."""
    stage.feed.jobs = [make_job(number) for number in range(1001, 1251)]


@pytest.mark.parametrize("arrive", [come, go, shrink, exchange])
def test_the_second_a_means_all_that_match_whatever_arrived_between(arrive: object) -> None:
    """Jobs that come and go between the two keys take nothing from the second one."""

    async def script(stage: Stage) -> None:
        await stage.press("a")
        await stage.until_shown("a again marks all that match")
        arrive(stage)  # type: ignore[operator]  # one of the functions above
        await read_anew(stage)
        await stage.press("j", "a")
        assert "all matching marked" in stage.lines_of("#footer")
        await read_anew(stage)
        assert "all matching marked" in stage.lines_of("#footer")
        await stage.press("D")
        await stage.until_shown(f"Delete {len(stage.feed.jobs)} jobs")

    Stage(ScriptedFeed([make_job(n) for n in range(1, 251)])).play(script)


def test_all_that_match_outlives_the_jobs_that_were_marked() -> None:
    """When every marked job of a short list leaves, those that came in their place are meant."""

    async def script(stage: Stage) -> None:
        await stage.press("a", "a")
        stage.feed.jobs = [make_job(number) for number in range(101, 104)]
        await read_anew(stage)
        await stage.pilot.pause()
        assert "all matching marked" in stage.lines_of("#footer")
        assert stage.table().marks == {key(number) for number in range(101, 104)}
        assert "unmarked" not in stage.lines_of("#status")

    Stage(ScriptedFeed([make_job(n) for n in range(1, 4)])).play(script)


def test_a_mark_taken_by_hand_ends_all_that_match() -> None:
    """Space on one row leaves the marks of the others and says so; the row does not come back with the next reading."""

    async def script(stage: Stage) -> None:
        await stage.press("a", "a", "space")
        assert "99 marked" in stage.lines_of("#footer")
        await read_anew(stage)
        assert key(1) not in stage.table().marks
        assert "99 marked" in stage.lines_of("#footer")

    Stage(ScriptedFeed([make_job(n) for n in range(1, 251)])).play(script)


def test_the_first_a_on_another_list_marks_its_rows_only() -> None:
    """What was begun on one tab does not end on the next."""

    async def script(stage: Stage) -> None:
        await stage.press("a", "5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("a")
        assert "all matching marked" not in stage.lines_of("#footer")

    Stage().play(script)


def test_all_dead_letters_are_marked_by_the_second_a() -> None:
    """The latest 50 first, then all there are, which the dialog counts."""
    jobs = [replace(make_job(n, State.FAILED), error=make_error(n)) for n in range(1, 81)]

    async def script(stage: Stage) -> None:
        await stage.press("9")
        await stage.until_shown("the latest 50 of 80")
        await stage.press("a")
        assert "50 marked" in stage.lines_of("#footer")
        await stage.press("a", "R")
        await until_asked(stage)
        assert "Retry 80 jobs" in stage.text()

    Stage(ScriptedFeed(jobs)).play(script)
