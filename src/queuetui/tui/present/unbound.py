"""The message about a key that does nothing where it was pressed."""

from __future__ import annotations

from collections.abc import Collection

from queuetui.tui.actions import ACTIONS, KeyPlace

_INSTEAD = {
    "m": "no pane is made larger; enter opens what is under the cursor",
    "n": "texts are not searched here; y copies them",
    "N": "texts are not searched here; y copies them",
    "o": "no pager is opened; enter shows a job whole, y copies it",
    "t": "nothing is recorded to be replayed; E shows what happened",
    "comma": "nothing is recorded to be replayed; E shows what happened",
    "full_stop": "nothing is recorded to be replayed; E shows what happened",
    "grave_accent": "b chooses the system or profile that is shown, of several: queuetui --profile NAME --profile OTHER",
    "at": "acts are recorded in a file of the state folder; E shows what happens to jobs",
}


def unbound_text(key: str, character: str | None, places: Collection[KeyPlace]) -> str:
    """Return where a key without a function here works, or which key to press instead."""
    shown = character if character is not None and character.isprintable() and character.strip() else key
    elsewhere = [action for action in ACTIONS if key in action.keys.split(",") and not action.places & set(places)]
    if elsewhere:
        told = " or ".join(
            dict.fromkeys(
                f"{action.label} in {' and '.join(sorted(place.value for place in action.places))}"
                for action in elsewhere
            )
        )
        return f"{shown} does nothing here; it is {told}"
    return f"{shown}: {_INSTEAD[key]}" if key in _INSTEAD else f"{shown} does nothing here; ? lists the keys"
