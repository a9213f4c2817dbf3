"""The table of actions as help text, with the legend of signs and words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

from queuetui.tui.actions import Action, KeyPlace, actions_at
from queuetui.tui.present.legend import SIGNS, verdict_meanings
from queuetui.tui.present.lines import BLANK, TextLine, cells_of, line_of, say, wrap_spans
from queuetui.tui.present.tones import Tone

_KEY_CELLS = 12
_NAME_CELLS = 16
_WORD_CELLS = 18
_GAP_CELLS = 3
_TWO_COLUMNS_CELLS = 150
# The dialogs that open from any screen.
DIALOGS = (KeyPlace.ASK, KeyPlace.PICK, KeyPlace.COMMAND, KeyPlace.SEEK)


def help_lines(
    place: KeyPlace, places: frozenset[KeyPlace], why_not: Callable[[Action], str | None], text: str, width: int
) -> list[TextLine]:
    """Return the actions of a screen and the legend, reduced to the lines that contain `text`."""
    needle = text.casefold()
    keys, legend = _key_lines(place, places, why_not, needle), _legend_lines(needle)
    if not keys and not legend:
        return [line_of(say("Nothing of that name.", Tone.MUTED))]
    if width < _TWO_COLUMNS_CELLS:
        return _wrapped([*keys, *legend], width)
    column = (width - _GAP_CELLS) // 2
    return _beside(_wrapped(keys, column), _wrapped(legend, column), column + _GAP_CELLS)


def _key_lines(
    place: KeyPlace, places: frozenset[KeyPlace], why_not: Callable[[Action], str | None], needle: str
) -> list[TextLine]:
    lines: list[TextLine] = []
    groups = (place, KeyPlace.MARKS, KeyPlace.TABLE, KeyPlace.TEXT, KeyPlace.EVERYWHERE)
    for group in (*(group for group in groups if group in places), *DIALOGS):
        actions = [action for action in actions_at(group) if _holds(action, needle)]
        if actions:
            title = group.value if group is KeyPlace.EVERYWHERE else f"in {group.value}"
            lines += [
                line_of(say(title, Tone.STRONG)),
                *(_action_line(action, why_not(action)) for action in actions),
                BLANK,
            ]
    return lines


def _legend_lines(needle: str) -> list[TextLine]:
    lines: list[TextLine] = []
    for title, entries in (("signs and words", SIGNS), ("words that say why", verdict_meanings())):
        found = [(word, meaning) for word, meaning in entries if needle in f"{word} {meaning}".casefold()]
        if found:
            lines += [line_of(say(title, Tone.STRONG)), *(_legend_line(*entry) for entry in found), BLANK]
    return lines


def _legend_line(word: str, meaning: str) -> TextLine:
    return line_of(say(f"  {word:<{_WORD_CELLS}}", Tone.STRONG), say(meaning, cap=1000))


def _wrapped(lines: Iterable[TextLine], width: int) -> list[TextLine]:
    return [row for line in lines for row in wrap_spans(line, width)]


def _beside(left: Sequence[TextLine], right: Sequence[TextLine], column: int) -> list[TextLine]:
    """Return two texts side by side; if one is empty, the other takes the whole width."""
    if not left or not right:
        return [*left, *right]
    return [
        line_of(*one.left, say(" " * (column - cells_of(one.left))), *other.left)
        for one, other in zip_longest(left, right, fillvalue=BLANK)
    ]


def _holds(action: Action, needle: str) -> bool:
    return needle in f"{action.shown} {action.name} {action.label} {action.help}".casefold()


def _action_line(action: Action, why_not: str | None) -> TextLine:
    tone = Tone.PLAIN if why_not is None else Tone.MUTED
    key = action.shown or f":{action.name}"
    name = action.label if action.shown else action.takes
    story = action.help if why_not is None else f"{action.help} (not now: {why_not})"
    return line_of(
        say(f"  {key:<{_KEY_CELLS}}", Tone.STRONG if why_not is None else tone),
        say(f"{name:<{_NAME_CELLS}}", tone),
        say(story, tone, 1000),
    )
