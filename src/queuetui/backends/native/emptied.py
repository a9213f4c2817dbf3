"""A queue that was emptied under its users, with what it says of itself: FLUSHALL, TRUNCATE."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from queuetui.model.errors import SchemaTooOld

T = TypeVar("T")
LOGGER = logging.getLogger("queuetui.store")


class Emptied(Exception):
    """The store does not say any more which queue it holds; its workers make that anew."""


def made_anew(work: Callable[[], T], make: Callable[[], object]) -> T:
    """Do work, once more where the queue was emptied: it is made anew, and that is told.

    Raises SchemaTooOld where the queue is there and says all but its protocol.
    """
    try:
        return work()
    except Emptied:
        make()
        LOGGER.warning(
            "the store was emptied, or what the queue says of itself, while this worker ran: the queue is made anew; "
            "jobs from before may be gone"
        )
    try:
        return work()
    except Emptied as error:
        message = "the queue does not say its protocol, and to migrate it changed nothing: restore what it says of itself from a backup"
        raise SchemaTooOld(message) from error
