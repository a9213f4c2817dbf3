"""A cursor on a list of many pages stays with its job wherever the list pushes it."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.act import Act, JobRef, Target, Verb
from queuetui.model.job import NewJob
from queuetui.model.limits import Limits
from tests.tui.real_store import session_over
from tests.tui.stage import Stage


def job_id(number: int) -> str:
    """Return the id of a job; later ones are greater."""
    return f"0195a3f0-9c00-7000-8000-{number:012x}"


def add_jobs(backend: MemoryBackend, first: int, last: int) -> None:
    """Enqueue jobs by number."""
    backend.jobs.enqueue(
        [
            NewJob(id=job_id(number), type="SendMail", payload=json.dumps({"sku": number}).encode(), queue="mail")
            for number in range(first, last + 1)
        ]
    )


def knows_of(stage: Stage, jobs: int) -> bool:
    """Tell whether the console knows of so many jobs."""
    return stage.app.latest is not None and stage.app.latest.picture.snapshot.total.value == jobs


@pytest.mark.parametrize(
    ("stored", "keys"), [(1, ("j", "k")), (40, ("j", "j", "k", "k")), (40, ("j", "j", "j")), (250, ("G",))]
)
def test_a_job_pushed_out_of_the_page_stays_under_the_cursor(
    stored: int, keys: tuple[str, ...], tmp_path: Path
) -> None:
    """However many jobs come in above at once, the list is read around the cursor's job, and `g` leads to the newest."""
    backend = MemoryBackend(MemoryStore(), BackendOptions())
    add_jobs(backend, 1, stored)

    async def script(stage: Stage) -> None:
        await stage.press(*keys)
        kept = stage.table().cursor_key
        for burst in (1, 2):
            add_jobs(backend, burst * 1000 + 1, burst * 1000 + 400)
            await stage.press("r")
            await stage.until(partial(knows_of, stage, stored + burst * 400))
            await stage.until_read()
            assert stage.table().cursor_key == kept
        assert "no longer" not in stage.lines_of("#status")
        await stage.press("g")
        await stage.until_first_row_is(job_id(2400))
        assert stage.table().cursor_key == job_id(2400)

    Stage(session=session_over(backend, tmp_path)).play(script)


def test_a_job_that_is_gone_is_told_so_and_the_way_up_reads_on(tmp_path: Path) -> None:
    """When the cursor's job is deleted its neighbour is under the cursor, told once; going up reads as far as the newest."""
    backend = MemoryBackend(MemoryStore(), BackendOptions())
    add_jobs(backend, 1, 20)

    async def script(stage: Stage) -> None:
        await stage.press("j")
        add_jobs(backend, 1001, 1400)
        await stage.press("r")
        await stage.until(lambda: len(stage.table().rows) > 20)
        assert stage.table().cursor_key == job_id(19)
        backend.operator.apply(
            Act(Verb.DELETE, "tester"),
            [Target(JobRef("memory", job_id(19), backend.inspector.get(job_id(19)).ref.rev))],
            Limits(),
        )
        await stage.press("r")
        await stage.until_shown("the cursor is on its neighbour")
        assert stage.table().cursor_key == job_id(18)
        while stage.table().cursor_key != job_id(1400):
            before = stage.table().cursor_key
            await stage.press("pageup")
            await stage.until_cursor_leaves(before)
            await stage.until_read()

    Stage(session=session_over(backend, tmp_path)).play(script)
