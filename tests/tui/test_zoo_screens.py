"""Hostile text in every field of a job, a queue and a worker, shown inert on every screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from queuetui.model.act import JobRef
from queuetui.model.job import Job, JobError
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from tests.tui.scripted import NOW, ScriptedFeed, make_job, make_workers
from tests.tui.stage import NARROW, WIDE, Stage
from tests.zoo import SHAPES, SMALL_ZOO, assert_inert

STATES = (State.FAILED, State.PENDING, State.PROCESSING, State.RETRYING)


def hostile_job(number: int, text: str) -> Job:
    """Return a job that holds one specimen wherever a job can hold text."""
    specimen = Untrusted(text)
    return replace(
        make_job(number, STATES[number % len(STATES)]),
        ref=JobRef("scripted", f"{text[:40]}-{number}", "1"),
        type=specimen,
        name=specimen,
        queue=specimen,
        data=specimen,
        payload=specimen,
        worker=specimen,
        correlation_id=specimen,
        idempotency_key=specimen,
        result=specimen,
        progress=specimen,
        tags=(specimen,),
        error=JobError(specimen, specimen, specimen),
        attempts=2,
        started_at=NOW,
        completed_at=NOW,
    )


def hostile_feed(texts: dict[str, str]) -> ScriptedFeed:
    """Return a feed of such jobs, with a worker named as badly."""
    feed = ScriptedFeed([hostile_job(number, text) for number, text in enumerate(texts.values())])
    specimen = Untrusted("".join(text[:40] for text in texts.values()))
    feed.workers = tuple(
        replace(worker, id=specimen, host=specimen, version=specimen, queues=(specimen,)) for worker in make_workers()
    )
    return feed


async def tour(stage: Stage, jobs: int, *, act_on_each: bool) -> None:
    """Visit every screen and dialog, and every tab of so many jobs."""

    def check() -> None:
        assert_inert(stage.text())

    for keys in (
        ("0",),
        ("9",),
        ("W",),
        ("E",),
        ("1",),
        ("w",),
        ("w",),
        ("Q",),
        ("escape",),
        ("y",),
        ("escape",),
        ("question_mark",),
        ("escape",),
    ):
        await stage.press(*keys)
        check()
    for _ in range(jobs):
        await stage.press("enter")
        await stage.until(lambda: "[Summary]" in stage.text() and bool(getattr(stage.app.screen, "targets", ())))
        for _ in range(5):
            await stage.press("right_square_bracket")
            check()
        if not act_on_each:
            await stage.press("q", "j")
            continue
        await stage.press("R")
        await stage.until(lambda: "Looking at the store" not in stage.text())
        check()
        await stage.press("escape", "q", "P")
        check()
        await stage.press("escape", "j")
    await stage.press("a", "D")
    await stage.until(lambda: "Looking at the store" not in stage.text())
    check()
    await stage.press("escape", "X")
    await stage.until(lambda: "Looking at the store" not in stage.text())
    check()


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_the_small_zoo_is_inert_on_every_screen(size: tuple[int, int]) -> None:
    """No specimen acts, breaks the console or leaves its place, in any field, on any screen."""

    async def script(stage: Stage) -> None:
        await tour(stage, 3, act_on_each=True)

    Stage(hostile_feed(dict(SMALL_ZOO))).play(script, size)


def test_monstrous_texts_are_inert_and_do_not_stop_the_keys() -> None:
    """Ten megabytes, a line of a megabyte and storms of escapes are cut and shown."""

    async def script(stage: Stage) -> None:
        await tour(stage, len(SHAPES), act_on_each=False)

    Stage(hostile_feed(dict(SHAPES))).play(script)


def test_specimens_are_shown_literally_in_the_detail() -> None:
    """The person sees what the job holds, written out."""
    specimens = {
        name: SMALL_ZOO[name]
        for name in ("click", "osc_clipboard", "bidi_override", "close_only", "nul", "surrogate_lone")
    }
    seen: set[str] = set()

    def targets(stage: Stage) -> Sequence[Job]:
        return getattr(stage.app.screen, "targets", ()) if "[Summary]" in stage.text() else ()

    async def script(stage: Stage) -> None:
        for _ in specimens:
            await stage.press("enter")
            await stage.until(lambda: targets(stage))
            text = targets(stage)[0].payload.raw
            await stage.press("right_square_bracket", "right_square_bracket")
            await stage.until_shown("[Payload]")
            await stage.until_shown(text.encode("unicode_escape").decode()[:12])
            seen.add(text)
            await stage.press("q", "j")

    Stage(hostile_feed(specimens)).play(script)
    assert seen == set(specimens.values())
