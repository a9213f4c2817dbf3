"""The table of answers to errors: the exit code, and the problem over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from queuetui.model.errors import (
    BadConfig,
    BadPayload,
    BadQuery,
    Conflict,
    Denied,
    NotFound,
    QueueTuiError,
    SchemaTooNew,
    SchemaTooOld,
    Stale,
    UnknownOutcome,
    Unreachable,
    Unsupported,
)

REFUSED = 1
USAGE = 2
UNREACHABLE = 3
NOT_FOUND = 4


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """The answer to one kind of error.

    `name` is the last part of a problem's type and `title` what such a problem is called before people.
    """

    exit_code: int
    status: int
    name: str
    title: str


ANSWERS: dict[type[QueueTuiError], ErrorAnswer] = {
    Unreachable: ErrorAnswer(UNREACHABLE, 503, "unreachable", "The store did not answer"),
    Denied: ErrorAnswer(REFUSED, 403, "denied", "The right for this is missing"),
    Unsupported: ErrorAnswer(USAGE, 409, "unsupported", "This queue cannot do that"),
    Conflict: ErrorAnswer(REFUSED, 409, "conflict", "Two things that cannot both hold"),
    Stale: ErrorAnswer(REFUSED, 409, "stale", "The job moved on"),
    NotFound: ErrorAnswer(NOT_FOUND, 404, "not-found", "Nothing of that name is there"),
    BadQuery: ErrorAnswer(USAGE, 400, "bad-query", "A filter that cannot be read"),
    BadConfig: ErrorAnswer(USAGE, 500, "bad-config", "The settings of the server cannot be used"),
    BadPayload: ErrorAnswer(USAGE, 422, "bad-payload", "A payload that cannot be stored"),
    SchemaTooNew: ErrorAnswer(REFUSED, 503, "schema-too-new", "The store was made by a newer queuetui"),
    SchemaTooOld: ErrorAnswer(REFUSED, 503, "schema-too-old", "The store was made by an older queuetui"),
    UnknownOutcome: ErrorAnswer(REFUSED, 504, "unknown-outcome", "The answer of the store was lost"),
}
# The answer to any other error.
OTHER = ErrorAnswer(REFUSED, 500, "refused", "This was refused")


def answer_to(error: QueueTuiError) -> ErrorAnswer:
    """Return how an error is answered, by the nearest kind that it is of."""
    return next((ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS), OTHER)
