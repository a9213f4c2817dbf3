"""What a process of ours ends with: scripts and checks rely on it."""

from __future__ import annotations

from queuetui.model.errors import (
    BadConfig,
    BadPayload,
    BadQuery,
    NotFound,
    QueueTuiError,
    Unreachable,
    Unsupported,
)

OK = 0
REFUSED = 1
USAGE = 2
UNREACHABLE = 3
NOT_FOUND = 4
INTERRUPTED = 130
# Checks have codes of their own, those of monitoring plugins.
WARNING = 1
CRITICAL = 2
UNKNOWN = 3

_CODES: tuple[tuple[type[QueueTuiError], int], ...] = (
    (Unreachable, UNREACHABLE),
    (NotFound, NOT_FOUND),
    (BadQuery, USAGE),
    (BadConfig, USAGE),
    (BadPayload, USAGE),
    (Unsupported, USAGE),
)


def exit_code(error: QueueTuiError) -> int:
    """Return the exit code of an error; an act that was refused or only partly done is REFUSED."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), REFUSED)
