"""The codes of notes in an act's record, and the sentences that a person reads for them."""

from __future__ import annotations

from queuetui.model.state import State

_NOTES = {
    "": "",
    "gone": "it is no longer there",
    "unreadable": "what is stored of it cannot be read, as another program wrote it; delete it by hand",
    "changed": "it changed since it was seen",
    "waits": "it is waiting to run already",
    "runs": "it is being worked on; release it once its lease is over",
    "runs_cancel": "it is being worked on; cancel it first",
    "asked": "it was asked to stop already",
    "idle": "nobody is working on it",
    "held": "its worker still holds it; cancel it instead",
    "stopping": "it was asked to stop; its worker ends it",
}


def note_for(word: str, state: State | None) -> str:
    """Return the sentence for the note of an act's result."""
    if word == "over" and state is not None:
        return f"it is {state.value} already"
    return _NOTES[word]
