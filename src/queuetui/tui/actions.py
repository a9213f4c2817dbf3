"""The table of all actions: keys, footer, help and commands are made from it."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding, BindingType

from queuetui.tui.action import Action, KeyPlace
from queuetui.tui.console_actions import COMMANDS, GENERAL, INNER_KEYS, TABS
from queuetui.tui.screen_actions import ACTS, EVENTS, GROUPED, JOBS, SCHEDULES, TABLE, UPKEEP

__all__ = ["ACTIONS", "ALIASES", "Action", "KeyPlace", "actions_at", "bindings_at", "key_at", "named"]

ACTIONS: tuple[Action, ...] = (*JOBS, *ACTS, *SCHEDULES, *UPKEEP, *EVENTS, *GROUPED, *GENERAL, *TABS, *COMMANDS, *TABLE)
ALIASES = {
    "q": "quit",
    "exit": "quit",
    "o": "overview",
    "w": "workers",
    "dead": "failures",
    "why": "explain",
    "e": "explain",
}


def actions_at(place: KeyPlace) -> Iterator[Action]:
    """Yield the actions that belong to this place itself."""
    return (action for action in (*ACTIONS, *INNER_KEYS) if place in action.places)


def bindings_at(place: KeyPlace) -> list[BindingType]:
    """Return the key bindings of one place."""
    return [
        Binding(action.keys, action.call, action.label, id=action.name, show=False, priority=action.is_first)
        for action in actions_at(place)
        if action.keys
    ]


def key_at(place: KeyPlace, name: str) -> str:
    """Return the key of an action at one place, as it is written on screen."""
    return next(action.shown for action in actions_at(place) if action.name == name)


def named(name: str) -> Action | None:
    """Return the action with this command name."""
    wanted = ALIASES.get(name, name)
    return next((action for action in ACTIONS if action.name == wanted), None)
