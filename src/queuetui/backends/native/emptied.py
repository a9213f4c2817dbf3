"""A queue whose tables or keys were emptied while in use (FLUSHALL, TRUNCATE), its metadata included."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from queuetui.model.errors import SchemaTooOld

T = TypeVar("T")
LOGGER = logging.getLogger("queuetui.store")


class Emptied(Exception):
    """The store has lost the queue's metadata (schema, identity); the workers write it anew."""


def made_anew(work: Callable[[], T], make: Callable[[], object]) -> T:
    """Do work; where the queue was emptied, create it again, log that, and do the work once more.

    Raises SchemaTooOld where only the protocol is missing from the queue's metadata.
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
