"""Takes the README's pictures: a real console on the demo's living queue, exported as SVG beside this file.

With `NAME=URL ...` behind it, it takes the one of several systems instead, from stores that hold some.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event

from queuetui.cli.commands.console import session_on
from queuetui.cli.demo.stage import await_life, playing
from queuetui.cli.store_places import find_in
from queuetui.config.profile import Profile
from queuetui.tui.app import QueueTui
from queuetui.tui.session import ConsoleSession

SIZE = (112, 30)
LIVING_S = 25.0
SETTLE_S = 3.0
# The export asks a public host for its font; a reader's own monospace one does.
FONT_FACE = re.compile(r"<!--.*?-->|@font-face\s*\{.*?\}", re.DOTALL)
PICTURES = {"stuck": ("4",), "overview": ("0",), "retry": ("5", "R")}
SYSTEMS = {"systems": ("0", "r")}


async def take(sessions: Sequence[ConsoleSession], pictures: Mapping[str, Sequence[str]]) -> None:
    """Press each picture's keys, wait for what they show, and write it."""
    app = QueueTui(*sessions)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(SETTLE_S)
        for name, keys in pictures.items():
            for key in keys:
                await pilot.press(key)
                await pilot.pause(SETTLE_S)
            svg = app.export_screenshot(title=f"queuetui: {name}", simplify=True)
            Path(__file__).with_name(f"{name}.svg").write_text(FONT_FACE.sub("", svg), encoding="utf-8")
            await pilot.press("escape")


def take_of_demo() -> None:
    """Let the demo live for a while, then take the pictures."""
    with playing(waits=False) as place:
        profile = place.profile()
        feed = find_in(profile)[0].open(asked="operate", state=place.state).feed
        await_life(feed, print)
        feed.close()
        Event().wait(LIVING_S)
        asyncio.run(take([session_on(profile, asked="operate", state=place.state)], PICTURES))


def take_of_systems(named: Sequence[str]) -> None:
    """Take the Overview of stores that hold several systems."""
    profiles = [Profile(name, url, rights="operate") for name, _, url in (one.partition("=") for one in named)]
    asyncio.run(take([session_on(profile, asked="operate") for profile in profiles], SYSTEMS))


if __name__ == "__main__":
    if sys.argv[1:]:
        take_of_systems(sys.argv[1:])
    else:
        take_of_demo()
