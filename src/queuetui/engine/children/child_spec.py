"""The parameters of a child process."""

from __future__ import annotations

from dataclasses import dataclass

from queuetui.engine.children.messages import Boot
from queuetui.engine.tasks import Tasks


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """The settings and tasks that a child is forked with."""

    boot: Boot
    tasks: Tasks
