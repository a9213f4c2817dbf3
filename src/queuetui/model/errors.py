"""Every error that queuetui raises on purpose.

QueueTuiError
├── Unreachable      the store did not answer, or went away
│   └── ConnectionLost   a connection ended in the midst of it; a new one may be granted
├── Denied           the store or the profile refused the right
├── Unsupported      the backend cannot do this, or a driver is missing
├── Conflict         two things that cannot both hold were asked for
├── Stale            the job moved on since it was seen
├── NotFound         no such job, queue, worker, or no queue in the store
├── BadQuery         a filter that cannot be read (position)
├── BadConfig        a configuration that cannot be read (path)
├── BadPayload       a payload that is not JSON
├── SchemaTooNew     the store was made by a newer queuetui
├── SchemaTooOld     the store was made by an older queuetui
└── UnknownOutcome   the answer was lost: it may or may not have happened

A message says what happened, to what, and what to do next; no message holds a password.
"""

from __future__ import annotations


class QueueTuiError(Exception):
    """Something queuetui refuses or cannot do."""


class Unreachable(QueueTuiError):
    """The store did not answer."""


class ConnectionLost(Unreachable):
    """A connection that had answered ended in the midst of a read."""


class Denied(QueueTuiError):
    """The store or the profile refused the right."""


class Unsupported(QueueTuiError):
    """The backend cannot do this."""


class Conflict(QueueTuiError):
    """Two things that cannot both hold were asked for."""


class Stale(QueueTuiError):
    """The job moved on since it was seen."""


class NotFound(QueueTuiError):
    """Nothing of that name is there."""


class BadQuery(QueueTuiError):
    """A filter that cannot be read; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class BadConfig(QueueTuiError):
    """A configuration that cannot be read; `path` is the file, or the key within it."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


class BadPayload(QueueTuiError):
    """A payload that is not JSON."""


class SchemaTooNew(QueueTuiError):
    """The store was made by a newer queuetui."""


class SchemaTooOld(QueueTuiError):
    """The store was made by an older queuetui."""


class UnknownOutcome(QueueTuiError):
    """The answer was lost: the act may or may not have happened."""


def words_of(error: object) -> str:
    """Return the message of an error; an OSError is told without its number and its file."""
    return getattr(error, "strerror", None) or str(error)
