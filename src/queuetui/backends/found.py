"""What discovery tells of a job queue system in a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.model.measured import Measured


@dataclass(frozen=True, slots=True)
class Found:
    """One job queue system found in a store; `detail` says in our words what it was told by.

    `kind` is what --kind takes, and `KIND:NAME` means the same where it has a name. `open` connects anew.
    `refusal` says why it cannot be opened. `named_only`: only its name means it,
    never the URL alone, as it lies where the connection does not look.
    """

    kind: str
    label: str
    detail: str
    open: Callable[[BackendOptions], Backend]
    name: str = ""
    refusal: str = ""
    named_only: bool = False
    queues: int | None = None
    jobs: Measured[int] | None = None

    def is_meant_by(self, kind: str) -> bool:
        """Tell whether a kind names it, by itself or together with others of its system."""
        system = self.kind.partition(":")[0]
        return kind in (self.kind, system, f"{system}:{self.name}")
