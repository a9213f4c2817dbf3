"""Everything a person can do in the console: this one table drives the keys, the footer, the help and the commands."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding, BindingType

from queuetui.tui.action import Action, KeyPlace
from queuetui.tui.action_groups.acts import ACTS
from queuetui.tui.action_groups.events import EVENTS
from queuetui.tui.action_groups.general import COMMANDS, GENERAL, TABS
from queuetui.tui.action_groups.jobs import JOBS
from queuetui.tui.action_groups.schedules import SCHEDULES
from queuetui.tui.action_groups.tables import TABLE

__all__ = ["ACTIONS", "ALIASES", "Action", "KeyPlace", "actions_at", "bindings_at", "named"]

ACTIONS: tuple[Action, ...] = (*JOBS, *ACTS, *SCHEDULES, *EVENTS, *GENERAL, *TABS, *COMMANDS, *TABLE)
_IN_DIALOGS = frozenset({"quit", "suspend"})
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
    """Yield what is bound at one place itself."""
    return (action for action in ACTIONS if place in action.places)


def bindings_at(place: KeyPlace) -> list[BindingType]:
    """Return the key bindings of one place; only Ctrl+C and Ctrl+Z work even in dialogs and where a text is typed."""
    return [
        Binding(action.keys, action.call, action.label, id=action.name, show=False, priority=action.name in _IN_DIALOGS)
        for action in actions_at(place)
        if action.keys
    ]


def named(name: str) -> Action | None:
    """Return an action by the name it has as a command."""
    wanted = ALIASES.get(name, name)
    return next((action for action in ACTIONS if action.name == wanted), None)
