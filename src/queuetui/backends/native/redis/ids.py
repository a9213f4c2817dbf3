"""Job ids between their text and what the keys hold: 32 hex characters."""

from __future__ import annotations

from uuid import UUID

from queuetui.backends.native.ids import parse_id

# Names a job that no queue has.
NO_ID = "none"


def to_stored(text: str) -> str:
    """Return the stored form of an id; a text that is none names no job."""
    found = parse_id(text)
    return NO_ID if found is None else found.hex


def from_stored(stored: bytes) -> str:
    """Return the id as everybody else writes it."""
    return str(UUID(stored.decode()))
