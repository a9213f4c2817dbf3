"""A queue that was emptied under its users, with what it says of itself: FLUSHALL, TRUNCATE."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LOGGER = logging.getLogger("queuetui.store")


class Emptied(Exception):
    """The store does not say any more which queue it holds; its workers make that anew."""


def made_anew(work: Callable[[], T], make: Callable[[], object]) -> T:
    """Do work, once more where the queue was emptied: it is made anew, and that is told."""
    try:
        return work()
    except Emptied:
        make()
        LOGGER.warning(
            "the store was emptied while this worker ran: the queue is made anew, and its jobs from before are gone"
        )
        return work()
