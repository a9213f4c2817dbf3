"""The console on a scripted feed, with the strings to pull."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, cast

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from queuetui.config.profile import Profile
from queuetui.model.errors import QueueTuiError
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch
from queuetui.monitor.link import Link
from queuetui.operate.rights import Right
from queuetui.tui.app import QueueTui
from queuetui.tui.present.lines import TextLine
from queuetui.tui.session import ConsoleSession
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.status_line import About
from queuetui.tui.widgets.text_lines import TextLines
from tests.tui.scripted import ScriptedFeed
from tests.tui.scripted_operations import ScriptedOperations
from tests.tui.settling import settle

if TYPE_CHECKING:
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations

PROFILE = Profile("prod-eu", "postgresql://queue@db/app", label="PROD-EU", poll_s=60.0)
WIDE = (120, 40)
NARROW = (80, 24)
TYPED = {
    " ": "space",
    ":": "colon",
    "~": "tilde",
    "-": "minus",
    ".": "full_stop",
    ",": "comma",
    '"': "quotation_mark",
    "/": "slash",
    ">": "greater_than_sign",
    "]": "right_square_bracket",
    "?": "question_mark",
}

Script = Callable[["Stage"], Awaitable[None]]


class HeldLink(Link):
    """A link whose time stands still, at 0."""

    def describe(self, now: float) -> str:
        """Return the sentence."""
        return Link.describe(self, 0.0)


class Stage:
    """An app on a scripted feed; `play` runs a script of keys against it."""

    def __init__(
        self,
        feed: ScriptedFeed | None = None,
        profile: Profile = PROFILE,
        right: Right = Right.ADMIN,
        session: ConsoleSession | None = None,
    ) -> None:
        self.feed = feed or ScriptedFeed()
        self.operations = ScriptedOperations(self.feed, right)
        self.refusal: QueueTuiError | None = None
        self.app = QueueTui(session or ConsoleSession(profile, self._connect))
        self._pilot: Pilot[int] | None = None

    def _connect(self) -> tuple[Feed, Operations]:
        if self.refusal is not None:
            raise self.refusal
        return cast("tuple[Feed, Operations]", (self.feed, self.operations))

    def play(self, script: Script, size: tuple[int, int] = WIDE, *, wait_for_rows: bool = True) -> None:
        """Open the console, wait for its first rows and run the script."""

        async def perform() -> None:
            async with self.app.run_test(size=size) as pilot:
                self._pilot = pilot
                if wait_for_rows:
                    await self.until(lambda: self.app.latest is not None)
                    await settle()
                await script(self)

        asyncio.run(perform())

    def adopt(self, pilot: Pilot[int]) -> None:
        """Take over an app that somebody else started."""
        self._pilot = pilot

    def fix_cost(self) -> None:
        """Show a fixed figure for what a poll costs, also one that still comes, as pictures are compared."""
        assert self.app.latest is not None
        link = self.app.shown
        hear = link.hear_picture

        def hear_at_fixed_cost(watch: Watch, picture: Picture, cost_s: float, pace_s: float) -> None:
            hear(watch, picture, 0.004, pace_s)

        link.hear_picture = hear_at_fixed_cost  # type: ignore[method-assign]  # told by its thread from here on
        self.app.latest.cost_s = 0.004
        self.app.show_latest()
        self.app._show_link()

    def hide_slowness(self) -> None:
        """Show nothing of how long this machine takes: that a store seemed to be silent, and answers again."""
        self.app._ticking.stop()
        self.app.unsay(About.STORE)

    def fix_link(self, down_s: float, retry_s: float, attempt: int) -> None:
        """Show a fixed time without the store, and hold the clock that counts it."""
        self.app._ticking.stop()
        link = self.app.link
        self.app.shown.state = HeldLink(link.state, link.reason, attempt, -down_s, retry_s, link.was_live)
        self.app._show_link()

    @property
    def pilot(self) -> Pilot[int]:
        """The keys and the clock of the running app."""
        assert self._pilot is not None
        return self._pilot

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        await self.app._press_keys(keys)

    async def write(self, text: str) -> None:
        """Type a text."""
        await self.press(*(TYPED.get(char, char) for char in text))

    async def until(self, condition: Callable[[], object], timeout_s: float = 30) -> None:
        """Let the app go on until a condition holds."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"waited {timeout_s:g} s in vain; the screen shows:\n{self.text()}"
            await asyncio.sleep(0.01)
            await settle()

    async def until_read(self) -> None:
        """Let the app go on until what the screen in front wants was read."""
        await self.until(
            lambda: (
                (screen := self.app._full_screen) is not None
                and self.app.latest is not None
                and self.app.latest.watch == screen.wanted
            )
        )

    async def until_shown(self, text: str) -> None:
        """Let the app go on until a text is on the screen."""
        await self.until(lambda: text in self.text())

    def screen_lines(self) -> list[str]:
        """Return the screen as text."""
        return ["".join(segment.text for segment in strip) for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(line.rstrip() for line in self.screen_lines())

    def is_on(self, kind: type[Screen[Any]]) -> bool:
        """Tell whether a screen of this kind is in front."""
        return isinstance(self.app.screen, kind)

    def field(self, selector: str) -> Input:
        """Return an input field of the screen in front."""
        return self.app.screen.query_one(selector, Input)

    async def until_cursor_leaves(self, key: str | None) -> None:
        """Let the app go on until another row is under the cursor."""
        await self.until(lambda: self.table().cursor_key != key)

    async def until_first_row_is(self, key: str) -> None:
        """Let the app go on until a row is the first."""
        await self.until(lambda: self.table().rows[0].key == key)

    def table(self) -> LiveTable:
        """Return the table of the screen in front."""
        return self.app.screen.query_one(LiveTable)

    def lines_of(self, selector: str) -> str:
        """Return what a text widget of the frame shows."""
        return "\n".join(_plain(line) for line in self.app.screen.query_one(selector, TextLines).lines)


def _plain(line: TextLine) -> str:
    return "".join(span.text for span in (*line.left, *line.right))
