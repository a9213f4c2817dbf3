"""Repeats an act under its own id after its answer was lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from queuetui.model.errors import QueueTuiError, UnknownOutcome

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend

Answer = TypeVar("Answer")


def answer_of(act: Callable[[], Answer], backend: Backend) -> Answer:
    """Return the results of an act, which is repeated if its first answer was lost.

    Our own stores keep the results of an act by its id, so the second call changes nothing that the first one changed. Other
    products keep no such record: with them, and when the second call fails too, UnknownOutcome is raised.
    """
    try:
        return act()
    except UnknownOutcome as lost:
        if not backend.inspector.capabilities.native:
            raise
        try:
            return act()
        except QueueTuiError as error:
            raise lost from error
