"""The record of a job queue system that discovery found in a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING, NoReturn

from queuetui.model.errors import Denied, QueueTuiError, Unsupported

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.model.measured import Measured

_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Found:
    """One job queue system found in a store; `detail` says in our words how it was recognised.

    `kind` is the value for --kind, or `KIND:NAME` where the system has a name. `open` makes a new connection.
    `refusal` says why the system cannot be opened, `fault` is what was raised where that is our own fault. With `named_only` it is
    opened only if --kind names it, never by the URL alone, as its tables or keys are outside of what the URL names.
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
    fault: Exception | None = None

    def beside(self, detail: str, open_both: Callable[[BackendOptions], Backend]) -> Found:
        """Return this system together with what a second store keeps of it, which `detail` names."""
        return replace(self, detail=f"{self.detail}; {detail}", open=open_both)

    def is_meant_by(self, kind: str) -> bool:
        """Tell whether a kind names this system, alone or together with others of the same product."""
        system = self.kind.partition(":")[0]
        return kind in (self.kind, system, f"{system}:{self.name}") or (
            # Its other names are not known.
            self.fault is not None and kind.partition(":")[0] == system
        )

    def refuse(self) -> NoReturn:
        """Raise the refusal: Unsupported by a fault of ours, Denied where rights are missing."""
        if self.fault is None:
            raise Denied(self.refusal)
        raise Unsupported(self.refusal) from self.fault


def failed(kind: str, fault: Exception) -> Found:
    """Return a product that could not be told for a fault of ours, so that the others are still found."""
    refusal = (
        f"what there is of {kind} could not be read, by {say_fault(fault)}; it may be of a version that this queuetui does not know: "
        "update queuetui, else report this line with the version of the product"
    )

    def refuse(_: BackendOptions) -> Backend:
        raise Unsupported(refusal) from fault

    return Found(kind, kind, "not told", refuse, refusal=refusal, fault=fault)


def say_fault(fault: Exception) -> str:
    """Return the class and the place of what was raised.

    Its own message is left out, as it may quote anything, such as a password.
    """
    if isinstance(fault, QueueTuiError):
        return str(fault)
    files = [(Path(one.filename), one.lineno) for one in extract_tb(fault.__traceback__)]
    # What a library raised is told by the place in our own code that called it.
    file, line = [one for one in files if one[0].is_relative_to(_PACKAGE)][-1]
    place = file.relative_to(_PACKAGE).as_posix()
    return f"a fault of the program ({type(fault).__name__} in {place}, line {line})"
