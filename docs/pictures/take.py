"""Takes the README's pictures: a real console on the demo's living queue, exported as SVG beside this file."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from queuetui.cli.demo.stage import await_life, playing
from queuetui.cli.session import connect
from queuetui.tui.app import QueueTui
from queuetui.tui.session import ConsoleSession

if TYPE_CHECKING:
    from queuetui.cli.demo.place import DemoPlace

SIZE = (112, 30)
LIVING_S = 25.0
SETTLE_S = 3.0
# The export asks a public host for its font; a reader's own monospace one does.
FONT_FACE = re.compile(r"<!--.*?-->|@font-face\s*\{.*?\}", re.DOTALL)
PICTURES = {"stuck": ("4",), "overview": ("0",), "retry": ("5", "R")}


async def take(place: DemoPlace) -> None:
    """Press each picture's keys, wait for what they show, and write it."""
    profile = place.profile()
    app = QueueTui(ConsoleSession(profile, lambda: connect(profile, operate=True, state=place.state)))
    async with app.run_test(size=SIZE) as pilot:
        for name, keys in PICTURES.items():
            for key in keys:
                await pilot.press(key)
                await pilot.pause(SETTLE_S)
            svg = app.export_screenshot(title=f"queuetui: {name}", simplify=True)
            Path(__file__).with_name(f"{name}.svg").write_text(FONT_FACE.sub("", svg), encoding="utf-8")
            await pilot.press("escape")


def main() -> None:
    """Let the demo live for a while, then take the pictures."""
    with playing() as place:
        feed, _ = connect(place.profile(), operate=True, state=place.state)
        await_life(feed)
        feed.close()
        Event().wait(LIVING_S)
        asyncio.run(take(place))


if __name__ == "__main__":
    main()
