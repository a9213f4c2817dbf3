"""The table of actions as help text."""

from __future__ import annotations

from collections.abc import Callable

from queuetui.tui.actions import ACTIONS, Action, Place
from queuetui.tui.present.pieces import BLANK, TextLine, line_of, say
from queuetui.tui.present.tones import Tone

_KEY_CELLS = 12
_NAME_CELLS = 16


def help_lines(
    place: Place, places: frozenset[Place], why_not: Callable[[Action], str | None], text: str = ""
) -> list[TextLine]:
    """Return every action of one screen in groups, narrowed to those that hold `text`."""
    needle = text.casefold()
    lines: list[TextLine] = []
    for group in (place, Place.MARKS, Place.TABLE, Place.EVERYWHERE):
        actions = [action for action in ACTIONS if group in action.places & places and _holds(action, needle)]
        if actions:
            title = group.value if group is Place.EVERYWHERE else f"in {group.value}"
            lines += [
                line_of(say(title, Tone.STRONG)),
                *(_action_line(action, why_not(action)) for action in actions),
                BLANK,
            ]
    return lines or [line_of(say("Nothing of that name.", Tone.MUTED))]


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
