"""What a child process is told of its work."""

from __future__ import annotations

from dataclasses import dataclass

from queuetui.engine.children.messages import Boot
from queuetui.engine.tasks import Tasks


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """What a child is forked with."""

    boot: Boot
    tasks: Tasks
