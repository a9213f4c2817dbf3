"""How many jobs there are: what a look at any product's store comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queuetui.model.measured import Measured, absent
from queuetui.model.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queuetui.model.snapshot import QueueInfo

_NOT_ASKED = "it was not asked for or could not be read"


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Measured counts over all queues and of each."""

    by_state: Mapping[State, Measured[int]]
    stuck: Measured[int]
    total: Measured[int]
    queues: tuple[QueueInfo, ...] = ()


UNREAD = JobFigures({state: absent(_NOT_ASKED) for state in State}, absent(_NOT_ASKED), absent(_NOT_ASKED))
