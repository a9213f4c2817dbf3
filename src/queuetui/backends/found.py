"""The record of a job queue system that discovery found in a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.model.measured import Measured


@dataclass(frozen=True, slots=True)
class Found:
    """One job queue system found in a store; `detail` says in our words how it was recognised.

    `kind` is the value for --kind, or `KIND:NAME` where the system has a name. `open` makes a new connection.
    `refusal` says why the system cannot be opened. With `named_only` it is opened only if --kind names it,
    never by the URL alone, as its tables or keys are outside of what the URL names.
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

    def beside(self, detail: str, open_both: Callable[[BackendOptions], Backend]) -> Found:
        """Return this system together with what a second store keeps of it, which `detail` names."""
        return replace(self, detail=f"{self.detail}; {detail}", open=open_both)

    def is_meant_by(self, kind: str) -> bool:
        """Tell whether a kind names this system, alone or together with others of the same product."""
        system = self.kind.partition(":")[0]
        return kind in (self.kind, system, f"{system}:{self.name}")
