"""Pictures of every screen at 80x24 and 120x40, with a fixed clock and a fixed store."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.errors import Unreachable
from queuetui.model.examination import HeldSnapshot
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerCard
from queuetui.monitor.checks.server import judge_snapshots
from tests.tui.real_store import fill, session_over
from tests.tui.scripted import CAPABILITIES, NOW, ScriptedFeed
from tests.tui.stage import NARROW, TYPED, WIDE, Stage

SIZES = [pytest.param(NARROW, id="80x24"), pytest.param(WIDE, id="120x40")]
SCREENS: dict[str, tuple[list[str], str]] = {
    "jobs": ([], "59 of 59 exact"),
    "stuck": (["4"], "2 of 2 exact"),
    "jobs-wide": (["w"], "0195a3f0-9c00-7000-8000-000000000001"),
    "marked": (["space", "space"], "2 marked"),
    "overview": (["0"], "most in a minute"),
    "failures": (["9"], "the latest 6 of 6"),
    "workers": (["W"], "2 live of 3"),
    "detail": (["enter"], "correlation id|lease until"),
    "why": (["e"], "read from"),
    "payload": (["enter", "]", "]"], '"sku": "A-1001"'),
    "queues": (["Q"], "every queue"),
    "filter-form": (["f"], "(everything)"),
    "filter-error": (["/", "queue:mail state:faild"], "did you mean failed?"),
    "help": (["?"], "Keys in Jobs"),
    "command": ([":"], "what it does"),
    "retry": (["5", "R"], "y does it"),
    "purge": (["X"], "To go on, type"),
    "pause": (["P"], "y does it"),
    "copy": (["y"], "payload"),
    "sort": (["s"], "the store's own"),
    "frozen": (["z"], "FROZEN"),
}
SnapCompare = Callable[..., bool]


def settle(stage: Stage, keys: list[str], shown: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Return what presses the keys, waits for a text and hides how long this machine takes."""

    async def run(pilot: Pilot[Any]) -> None:
        stage.adopt(pilot)
        await stage.until(lambda: stage.app.latest is not None)
        stage.hide_slowness()
        await pilot.pause()
        for key in keys:
            if " " in key:
                # Typed letter by letter, the text so far would be searched for wherever the machine takes a rest.
                stage.app.screen.post_message(Paste(key))
            else:
                await stage.press(TYPED.get(key, key))
            await pilot.pause(0.02)
            await stage.until_read()
        await stage.until(lambda: any(text in stage.text() for text in shown.split("|")))
        stage.fix_cost()
        await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", list(SCREENS))
def test_screen(name: str, size: tuple[int, int], snap_compare: SnapCompare) -> None:
    """The screen looks as it did."""
    stage = Stage()
    keys, shown = SCREENS[name]
    assert snap_compare(stage.app, terminal_size=size, run_before=settle(stage, keys, shown))


@pytest.mark.parametrize("size", SIZES)
def test_a_lost_store(size: tuple[int, int], snap_compare: SnapCompare) -> None:
    """The rows stay, dimmed, below the reason."""
    stage = Stage()
    release = threading.Event()

    def hang() -> None:
        release.wait(60)

    async def lose(pilot: Pilot[Any]) -> None:
        await settle(stage, [], "59 of 59 exact")(pilot)

        def refuse() -> None:
            stage.feed.before_poll = hang
            raise Unreachable("the server at db:5432 refused the connection; check that it runs")

        stage.feed.before_poll = refuse
        stage.app.poller.poll_now()
        await stage.until_shown("DISCONNECTED")
        stage.fix_link(down_s=12, retry_s=4, attempt=3)
        await pilot.pause()

    assert snap_compare(stage.app, terminal_size=size, run_before=lose)
    release.set()


@pytest.mark.parametrize("size", SIZES)
def test_a_held_snapshot(size: tuple[int, int], snap_compare: SnapCompare) -> None:
    """The Overview names who holds the store up and what to do; the first line shows a grade that risks jobs."""
    feed = ScriptedFeed(capabilities=replace(CAPABILITIES, durability="C"))
    holder = HeldSnapshot("session", Untrusted("4711"), Untrusted("ann"), Untrusted("psql"), None, 200.0)
    feed.findings = (judge_snapshots((holder,), 0, 30.0),)
    stage = Stage(feed)
    assert snap_compare(stage.app, terminal_size=size, run_before=settle(stage, ["0"], "pg_terminate_backend"))


def test_without_colour(snap_compare: SnapCompare, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under NO_COLOR the screen is legible by words and signs alone."""
    monkeypatch.setenv("NO_COLOR", "1")
    stage = Stage()
    assert snap_compare(stage.app, terminal_size=NARROW, run_before=settle(stage, ["4"], "2 of 2 exact"))


@pytest.mark.parametrize("keys", [[], ["0"], ["W"]], ids=["jobs", "overview", "workers"])
def test_the_reference_store(keys: list[str], snap_compare: SnapCompare, tmp_path: Path) -> None:
    """The screens over our own in-memory queue, with its clock held."""
    store = MemoryStore(clock=lambda: NOW)
    backend = MemoryBackend(store, BackendOptions(name="memory"))
    fill(backend, 12)
    backend.jobs.register(
        WorkerCard("0195a3f0-9c00-7000-8000-00000000aaaa", "web-1", 4311, "0.1.0", ("mail", "sync"), 4)
    )
    stage = Stage(session=session_over(backend, tmp_path))
    shown = "12 of 12 exact|most in a minute|1 live of 1"
    assert snap_compare(stage.app, terminal_size=NARROW, run_before=settle(stage, keys, shown))
