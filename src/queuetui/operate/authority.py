"""Who acts, and by what right."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from queuetui.operate.journal import Journal
from queuetui.operate.rights import Right


@dataclass(frozen=True, slots=True)
class Authority:
    """Who acts, with what right, and where it is recorded."""

    right: Right
    actor: str
    journal: Journal
    export_folder: Path | None
