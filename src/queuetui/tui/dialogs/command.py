"""The command line and the palette in one: the table of actions, run by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from queuetui.model.text import sanitize
from queuetui.tui.actions import ACTIONS, Action, Place, named
from queuetui.tui.dialogs.pick import PickDialog
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.table_layout import Column
from queuetui.tui.widgets.table_rows import Cell, Row

_REMEMBERED = 20


class CommandDialog(PickDialog):
    """Gives the call to run; what was run before is offered first, what is not to be had is dimmed with its reason."""

    TITLE_TEXT = "Command"
    HINT = "type a name   up/down choose   tab completes   enter runs   esc leaves"
    COLUMNS = (Column("name", "name", 16), Column("key", "key", 9), Column("help", "what it does", 20, flex=1))
    BINDINGS: ClassVar[list[BindingType]] = [Binding("tab", "complete", "Complete", show=False)]

    def __init__(self, places: frozenset[Place], why_not: Callable[[Action], str | None], history: list[str]) -> None:
        super().__init__()
        self._history = history
        self._places = places
        self._why_not = why_not

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the actions whose name begins so, then those whose name or help holds it."""
        word = text.strip().partition(" ")[0].casefold()
        recent = [action for action in map(named, reversed(self._history)) if action is not None] if not word else []
        begins = [action for action in ACTIONS if action.name.startswith(word)]
        holds = [action for action in ACTIONS if word in f"{action.name} {action.label} {action.help}".casefold()]
        found = dict.fromkeys([*recent, *begins, *holds])
        return [self._row(action) for action in sorted(found, key=lambda action: self._reason(action) is not None)]

    def take(self, key: str | None, text: str) -> None:
        """Run what was typed when that is a command, else the row under the cursor."""
        written = text.strip()
        action, argument = _read(written)
        if action is None and written and key is None:
            names = [one.name for one in ACTIONS]
            near = difflib.get_close_matches(written.partition(" ")[0], names, n=1)
            self.say_hint(
                f"there is no command {written.partition(' ')[0]!r}" + (f"; did you mean {near[0]}?" if near else ""),
                Tone.CRITICAL,
            )
            return
        chosen = action or named(key or "")
        if chosen is not None:
            self._run(chosen, argument or ("" if action is not None else written.partition(" ")[2].strip()))

    def _run(self, action: Action, argument: str) -> None:
        why_not = self._reason(action)
        if why_not is not None:
            self.say_hint(f"{action.name}: {why_not}", Tone.WARNING)
            return
        if action.takes and not action.takes.startswith("[") and not argument:
            self.say_hint(f"write what it is about: {action.name} {action.takes}", Tone.WARNING)
            return
        self._remember(action.name)
        self.dismiss(f"{action.call}({argument!r})" if argument and action.takes else action.call)

    def action_complete(self) -> None:
        """Write out the name under the cursor."""
        key = self.selected_key
        if key is not None:
            self.write_text(f"{key} ")

    def _reason(self, action: Action) -> str | None:
        if not action.places & self._places:
            return f"works in {' and '.join(sorted(place.value for place in action.places))}"
        return self._why_not(action)

    def _row(self, action: Action) -> Row:
        why_not = self._reason(action)
        tone = None if why_not is None else Tone.MUTED
        name = f"{action.name} {action.takes}".strip()
        texts = (name, action.shown, action.help if why_not is None else f"not now: {why_not}")
        return Row(action.name, tuple(Cell(sanitize(text), tone) for text in texts))

    def _remember(self, name: str) -> None:
        if name in self._history:
            self._history.remove(name)
        self._history.append(name)
        del self._history[:-_REMEMBERED]


def _read(written: str) -> tuple[Action | None, str]:
    """Return the longest action name that the text begins with, and the rest; a digit or a key is a name too."""
    words = written.split(" ")
    for count in (2, 1):
        action = named(" ".join(words[:count])) if len(words) >= count else None
        if action is not None:
            return action, " ".join(words[count:]).strip()
    return None, ""
