"""Job ids between their text and what the keys hold: 32 hex characters."""

from __future__ import annotations

from queuetui.backends.native.ids import canonical_id

# Names a job that no queue has.
NO_ID = "none"
ID_DIGITS = 32


def to_stored(text: str) -> str:
    """Return the stored form of an id; a text that is none names no job."""
    found = canonical_id(text)
    return NO_ID if found is None else found.replace("-", "")


def from_stored(stored: bytes) -> str:
    """Return the id as everybody else writes it."""
    text = stored.decode("utf-8", "replace")
    if len(text) != ID_DIGITS:
        # Somebody else's member of one of our keys.
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
