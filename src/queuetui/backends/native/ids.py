"""Job ids as texts."""

from __future__ import annotations

from uuid import UUID

from queuetui.model.errors import BadPayload


def parse_id(text: str) -> UUID | None:
    """Return the UUID that a text is, None when it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def require_id(text: str) -> UUID:
    """Return the UUID of a new job. Raises BadPayload for any other text."""
    found = parse_id(text)
    if found is None:
        raise BadPayload(
            f"the job id {text[:60]!r} is not a UUID; let the client make it, or pass one like {UUID(int=0)}"
        )
    return found
