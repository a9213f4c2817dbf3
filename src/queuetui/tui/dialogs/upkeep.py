"""The chores of a store and the tokens of its workers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.model.upkeep import Token
from queuetui.tui.dialogs.pick import PickDialog
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.present.upkeep import UPKEEP_COLUMNS, OfferedChore, upkeep_rows


class UpkeepDialog(PickDialog):
    """Gives the key of a chore; a token is only looked at."""

    TITLE_TEXT = "Chores, and tokens of workers"
    COLUMNS = UPKEEP_COLUMNS

    def __init__(self, offered: Sequence[OfferedChore], tokens: Sequence[Token], now: datetime) -> None:
        super().__init__()
        self._offered = offered
        self._tokens = tokens
        self._now = now

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the chores and tokens that hold what was typed."""
        return upkeep_rows(self._offered, self._tokens, self._now, text)

    def take(self, key: str | None, text: str) -> None:
        """End with a chore."""
        if any(one.key == key for one in self._offered):
            self.dismiss(key)
        else:
            self.say_hint("a token is only shown here; choose a chore", Tone.WARNING)
