"""Screens that are removed, or a console that ends, at the worst moments."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import partial

import pytest
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.screen import Screen

from queuetui.model.act import JobRef
from queuetui.model.page import IdSearch
from queuetui.tui.app import QueueTui
from queuetui.tui.dialogs.seek import SeekDialog
from queuetui.tui.messages import HandedOver
from queuetui.tui.screens.detail import DetailScreen
from queuetui.tui.screens.help import HelpScreen
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.stage import Stage
from tests.tui.test_several_links import Systems

_BEGUN = IdSearch(refs=(), looked=10, reached="there")
_FOUND = IdSearch(refs=(JobRef("scripted", "1", "1"),), looked=20, reached=None)
_SIZES = [Size(80, 24), Size(200, 60), Size(1, 1), Size(40, 10)]
_KEYS = ["question_mark", "colon", "slash", "enter", "escape", "escape", "tab", "space", *"fQcCdRXaEWSLPnyj123"]


async def jobs_shown(stage: Stage) -> None:
    """Wait for the list that the screens are opened on."""
    await stage.press("1")
    await stage.until_shown("59 of 59")


def seek(app: QueueTui) -> None:
    """Open the dialog that opens by itself."""
    assert app.connection is not None
    app.push_screen(SeekDialog("77", app.connection.feed, app.calls, _BEGUN))


OPENERS: list[Callable[[QueueTui], object]] = [
    QueueTui.action_help,
    QueueTui.action_command,
    QueueTui.action_queues,
    lambda app: app.open_job("0195a3f0-9c00-7000-8000-000000000003"),
    lambda app: app.jobs_screen().action_build_filter(),
    lambda app: app.jobs_screen().action_act("retry"),
    seek,
]


def test_a_screen_may_be_closed_before_it_has_its_widgets() -> None:
    """Its handlers find their widgets, and the list is in front again."""

    async def script(stage: Stage) -> None:
        await jobs_shown(stage)
        for open_screen in OPENERS:
            open_screen(stage.app)
            assert not stage.app.screen.is_mounted
            await stage.app.pop_screen()
            await stage.until(lambda: stage.is_on(JobsScreen))

    Stage().play(script)


@pytest.mark.parametrize("open_screen", OPENERS[3:5], ids=["detail", "filter"])
def test_a_console_may_end_while_a_screen_opens(open_screen: Callable[[QueueTui], object]) -> None:
    """It ends as asked, with the exit code that was asked for."""

    async def script(stage: Stage) -> None:
        await jobs_shown(stage)
        open_screen(stage.app)
        stage.app.exit(143, return_code=143)
        await stage.until(lambda: not stage.app.is_running)

    stage = Stage()
    stage.play(script)
    assert stage.app.return_code == 143


def test_what_is_told_while_a_screen_opens_is_shown_on_it() -> None:
    """A message that comes before the screen has its widgets is not lost."""

    async def script(stage: Stage) -> None:
        await jobs_shown(stage)
        OPENERS[3](stage.app)
        stage.app.flash("prod/rq answers again")
        await stage.until_shown("prod/rq answers again")
        assert stage.is_on(DetailScreen)

    Stage().play(script)


def test_a_result_that_meets_a_closing_dialog_closes_nothing_else() -> None:
    """The screen behind the dialog stays."""

    async def script(stage: Stage) -> None:
        await jobs_shown(stage)
        OPENERS[3](stage.app)
        await stage.until(lambda: stage.app.screen.is_mounted)
        seek(stage.app)
        await stage.until(lambda: stage.app.screen.is_mounted)
        dialog = stage.app.screen
        assert isinstance(dialog, SeekDialog)
        delivered = asyncio.Event()
        dialog.dismiss(None)
        stage.app._hand_over(lambda: dialog._take(_FOUND))
        stage.app._hand_over(delivered.set)
        await delivered.wait()
        assert stage.is_on(DetailScreen)

    Stage().play(script)


def tell_whether_it_stands(screen: Screen[None], stood: list[bool]) -> None:
    """Note whether a screen is on display."""
    stood.append(screen.display)


def test_a_removed_screen_does_nothing_after_the_next_refresh() -> None:
    """What it wanted done then would be run by the screen behind it, without its widgets."""

    async def script(stage: Stage) -> None:
        await jobs_shown(stage)
        stood: list[bool] = []
        for ticks in range(8):
            stage.app.action_help()
            await stage.until(lambda: stage.app.screen.is_mounted)
            screen = stage.app.screen
            assert isinstance(screen, HelpScreen)
            stage.app.pop_screen()
            for _ in range(ticks):
                await asyncio.sleep(0)
            screen.call_after_refresh(partial(tell_whether_it_stands, screen, stood))
            await stage.until(lambda: stage.is_on(JobsScreen))
        assert all(stood)

    Stage().play(script)


def _disturb(app: QueueTui, chosen: random.Random) -> None:
    """Bring the console one event; half of them are keys."""
    key, size = chosen.choice(_KEYS), chosen.choice(_SIZES)
    brought: list[Message | Callable[[], object]] = [
        *[events.Key(key, key if len(key) == 1 else None)] * 5,
        events.Resize(size, size),
        events.Paste("type:x\n" * 20),
        events.AppBlur(),
        HandedOver(partial(app.flash, "late")),
        HandedOver(partial(seek, app)),
        app.links[0].poller.poll_now,
    ]
    one = chosen.choice(brought)
    if isinstance(one, Message):
        app.post_message(one)
    else:
        one()


@pytest.mark.parametrize("seed", [3, 17])
def test_no_keys_at_any_moment_end_the_console(seed: int) -> None:
    """Keys, sizes, pastes, focus, colours and results come in any order, and the console ends only when asked."""
    chosen = random.Random(seed)

    async def script(stage: Stage) -> None:
        app = stage.app
        for _ in range(25):
            _disturb(app, chosen)
            for _ in range(chosen.choice([0, 1, 2, 5, 20])):
                await asyncio.sleep(0)
        app.exit(7, return_code=7)
        await stage.until(lambda: not app.is_running)

    stage = Systems().stage()
    stage.play(script)
    assert stage.app.return_code == 7
