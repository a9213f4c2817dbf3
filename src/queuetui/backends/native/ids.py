"""Job ids as texts."""

from __future__ import annotations

import re
from uuid import UUID

from queuetui.model.errors import BadPayload

_ID_BYTES = 16
_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def canonical_id(text: str) -> str | None:
    """Return a UUID in the spelling that all stores use, None for any other text."""
    if _CANONICAL.fullmatch(text):
        return text
    found = parse_id(text)
    return None if found is None else str(found)


def parse_id(text: str) -> UUID | None:
    """Return the UUID that a text spells, None for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None


def require_id(text: str) -> UUID:
    """Return the UUID of a new job; raises BadPayload for any other text."""
    found = parse_id(text)
    if found is None:
        raise BadPayload(
            f"the job id {text[:60]!r} is not a UUID; let the client make it, or pass one like {UUID(int=0)}"
        )
    return found


def id_text(stored: bytes) -> str:
    """Return the canonical text of an id's 16 bytes; bytes of another length are shown as their digits."""
    return str(UUID(bytes=stored)) if len(stored) == _ID_BYTES else stored.hex()


def to_bytes(canonical: str) -> bytes:
    """Return the 16 bytes of an id in canonical form."""
    return bytes.fromhex(canonical.replace("-", ""))
