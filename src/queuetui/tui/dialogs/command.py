"""The command line and the palette in one: the table of actions, run by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import BindingType

from queuetui.model.text import sanitize
from queuetui.tui.actions import ACTIONS, Action, KeyPlace, bindings_at, key_at, named
from queuetui.tui.completion import complete_argument
from queuetui.tui.dialogs.pick import LEAVE, MOVE, PickDialog
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

_REMEMBERED = 20
# More choices would leave no room for the list above them.
_MOST_CHOICES = 12
_COMPLETE = key_at(KeyPlace.COMMAND, "complete")


class CommandDialog(PickDialog):
    """A dialog that returns the call to run.

    Earlier command lines are listed first; unavailable actions are dimmed, with the reason.
    The key of a row is the command line that it runs: the name of an action, or an earlier line.
    """

    TITLE_TEXT = "Command"
    HINT = f"type a name   {MOVE} choose   {_COMPLETE} completes   enter runs   {LEAVE} leaves"
    COLUMNS = (Column("name", "name", 16), Column("key", "key", 9), Column("help", "what it does", 20, flex=1))
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.COMMAND)

    def __init__(
        self,
        places: frozenset[KeyPlace],
        why_not: Callable[[Action], str | None],
        history: list[str],
        queues: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._history = history
        self._places = places
        self._why_not = why_not
        self._queues = queues

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return actions, then earlier lines, that begin with the text, then actions that hold its first word."""
        written = text.strip().casefold()
        word = written.partition(" ")[0]
        recent = [line for line in reversed(self._history) if line.casefold().startswith(written)]
        if not written:
            return self._rows([*recent, *(action.name for action in ACTIONS)])
        known = _read(text.strip())[0]
        begins = [action.name for action in ACTIONS if action.name.startswith(written)]
        meant = [] if known is None else [known.name]
        near = [action.name for action in ACTIONS if action.name.startswith(word)]
        holds = [action.name for action in ACTIONS if word in f"{action.name} {action.label} {action.help}".casefold()]
        return self._rows([*begins, *meant, *recent, *near, *holds])

    def _rows(self, lines: Sequence[str]) -> list[Row]:
        found = [(line, action) for line in dict.fromkeys(lines) if (action := _read(line)[0]) is not None]
        return [
            self._row(line, action) for line, action in sorted(found, key=lambda one: self._reason(one[1]) is not None)
        ]

    def take(self, key: str | None, text: str) -> None:
        """Run the row that a person moved to, else the typed command if it is one, else the first row."""
        written = text.strip()
        action, argument = _read(written)
        if key is not None and (self.has_moved or action is None):
            action, argument = _read(key)
            argument = argument or written.partition(" ")[2].strip()
        if action is not None:
            self._run(action, argument)
        elif written:
            self._say_unknown(written.partition(" ")[0])

    def _say_unknown(self, word: str) -> None:
        near = difflib.get_close_matches(word, [action.name for action in ACTIONS], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        self.say_hint(f"there is no command {word!r}{hint}", Tone.CRITICAL)

    def _run(self, action: Action, argument: str) -> None:
        why_not = self._reason(action)
        if why_not is not None:
            self.say_hint(f"{action.name}: {why_not}", Tone.WARNING)
            return
        if action.takes and not action.takes.startswith("[") and not argument:
            self.say_hint(f"write what it is about: {action.name} {action.takes}", Tone.WARNING)
            return
        is_about = bool(argument and action.takes)
        self._remember(f"{action.name} {argument}" if is_about else action.name)
        self.dismiss(f"{action.call}({argument!r})" if is_about else action.call)

    def action_complete(self) -> None:
        """Complete the line to the chosen row, else the argument or the name as far as certain."""
        text = self.typed.lstrip()
        action, argument = _read(text.rstrip())
        if self.has_moved and self.selected_key is not None:
            self._write_line(self.selected_key)
        elif action is not None and action.takes and " " in text:
            self._complete_argument(text, argument)
        elif action is not None and not argument and not self._begun_by(text):
            self._write_line(action.name)
        else:
            self._complete_name(text)

    def _complete_argument(self, text: str, argument: str) -> None:
        if argument and text.endswith(" "):
            return
        action, _ = _read(text.rstrip())
        done = complete_argument("" if action is None else action.name, argument, self._queues)
        self.write_text(text[: len(text.rstrip()) - len(argument)] + done.text if argument else text + done.text)
        if done.choices:
            more = len(done.choices) - _MOST_CHOICES
            told = [*done.choices[:_MOST_CHOICES], *([f"and {more:,} more"] if more > 0 else ())]
            self.say_hint("  ".join(told))

    def _complete_name(self, text: str) -> None:
        begun = self._begun_by(text)
        key = self.selected_key
        if begun:
            self._write_line(key if key in begun else begun[0])
        elif key is not None and " " not in text.strip():
            self._write_line(key)

    def _begun_by(self, text: str) -> list[str]:
        return [action.name for action in ACTIONS if action.name.startswith(text.strip().casefold())]

    def _write_line(self, line: str) -> None:
        self.write_text(f"{line} " if named(line) is not None else line)

    def _reason(self, action: Action) -> str | None:
        if not action.places & self._places:
            return f"works in {' and '.join(sorted(place.value for place in action.places))}"
        return self._why_not(action)

    def _row(self, line: str, action: Action) -> Row:
        why_not = self._reason(action)
        tone = None if why_not is None else Tone.MUTED
        name = f"{line} {action.takes}".strip() if line == action.name else line
        texts = (name, action.shown, action.help if why_not is None else f"not now: {why_not}")
        return Row(line, tuple(Cell(sanitize(text), tone) for text in texts))

    def _remember(self, line: str) -> None:
        if line in self._history:
            self._history.remove(line)
        self._history.append(line)
        del self._history[:-_REMEMBERED]


def _read(written: str) -> tuple[Action | None, str]:
    """Return the action with the longest name that the text begins with, and the rest.

    A digit or a key counts as a name too.
    """
    words = written.split(" ")
    for count in (2, 1):
        action = named(" ".join(words[:count])) if len(words) >= count else None
        if action is not None:
            return action, " ".join(words[count:]).strip()
    return None, ""
