"""Chores, for the screens of the data that they change: rows beside the jobs, such as tokens."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from queuetui.model.upkeep import Token
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.upkeep import MOST_TOKENS
from queuetui.tui.screens.acting import Acting

if TYPE_CHECKING:
    from queuetui.operate.operations import Operations


class Upkeeping(Acting):
    """A screen that runs declared chores; each shows how many rows it would change and is confirmed first."""

    ASKED_EVERY_S: ClassVar[float] = 10.0

    def __init__(self) -> None:
        super().__init__()
        self.tokens: tuple[Token, ...] = ()
        self._asked_at = float("-inf")

    def ask_for_tokens(self, then: Callable[[], object]) -> None:
        """Read the tokens if the store keeps any and they were not read lately, then call `then`."""
        connection = self.console.connection
        is_lately = time.monotonic() - self._asked_at < self.ASKED_EVERY_S
        if connection is None or is_lately or not connection.feed.keeps_tokens:
            return
        self._asked_at = time.monotonic()

        def take(found: tuple[Token, ...]) -> None:
            self.tokens = found
            if self.is_attached:
                then()

        # An error is not shown here: the dialog of the chores, which a person opens, shows it.
        self.console.calls.read(lambda: connection.feed.tokens(MOST_TOKENS), take, lambda _: None)

    def action_upkeep(self) -> None:
        """Open the list of chores, which also shows the tokens of workers."""
        operations, connection = self._operations_for("upkeep"), self.console.connection
        if operations is None or connection is None:
            return
        feed = connection.feed

        def read() -> tuple[tuple[Token, ...], datetime]:
            return feed.tokens(MOST_TOKENS), feed.now()

        self.console.calls.read(
            read,
            lambda found: self._choose_chore(operations, *found),
            lambda why: self.flash(why, Tone.CRITICAL),
        )

    def _choose_chore(self, operations: Operations, tokens: tuple[Token, ...], now: datetime) -> None:
        from queuetui.tui.dialogs.ask import AskDialog
        from queuetui.tui.dialogs.upkeep import UpkeepDialog
        from queuetui.tui.present.upkeep import ask_chore, offer

        offered, profile = offer(operations.upkeep.chores), self.console.profile

        def ask(key: str | None) -> None:
            chosen = next((one for one in offered if one.key == key), None)
            if chosen is None:
                return
            dialog = AskDialog(
                chosen.chore.name.capitalize(),
                self.console.calls,
                lambda _: operations.upkeep.plan(chosen.chore.name, chosen.days),
                lambda plan: ask_chore(plan, profile),
                operations.upkeep.perform,
                self._tell_later,
            )
            self.app.push_screen(dialog, self.act_ended)

        self.app.push_screen(UpkeepDialog(offered, tokens, now), ask)
