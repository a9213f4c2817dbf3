"""The caller of an HTTP request."""

from __future__ import annotations

from dataclasses import dataclass

from queuetui.operate.rights import Right


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller, with the name that is recorded and the right."""

    name: str
    right: Right
    token_id: str | None = None
