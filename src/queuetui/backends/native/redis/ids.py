"""Converts job ids between their text and the 32 hexadecimal digits that keys hold."""

from __future__ import annotations

from queuetui.backends.native.ids import canonical_id

# An id that no job has.
NO_ID = "none"
ID_DIGITS = 32


def to_stored(text: str) -> str:
    """Return the stored form of an id; a text that is no UUID becomes NO_ID."""
    found = canonical_id(text)
    return NO_ID if found is None else found.replace("-", "")


def from_stored(stored: bytes) -> str:
    """Return the id in canonical form."""
    text = stored.decode("utf-8", "replace")
    if len(text) != ID_DIGITS:
        # Another program added this member to one of our keys.
        return text
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
