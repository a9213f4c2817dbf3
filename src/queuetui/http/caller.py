"""Who calls over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from queuetui.operate.rights import Right


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as it is recorded, and by what right."""

    name: str
    right: Right
    token_id: str | None = None
