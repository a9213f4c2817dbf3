"""Texts as both stores can hold them: PostgreSQL knows no NUL, and neither knows a lone surrogate."""

from __future__ import annotations

from queuetui.model.errors import BadPayload


def storable(text: str) -> str:
    """Return an error's or progress' text with what cannot be stored made visible."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "backslashreplace").decode("utf-8")


def require_storable(text: str, what: str) -> str:
    """Return a name unchanged. Raises BadPayload where it cannot be stored as it is: a name must come back the same."""
    if storable(text) != text:
        raise BadPayload(f"the {what} of a job holds a NUL or half a surrogate pair; choose another {what}")
    return text
