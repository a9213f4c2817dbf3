"""The exit codes of the program, on which scripts and checks rely."""

from __future__ import annotations

from queuetui.model.error_answers import NOT_FOUND, REFUSED, UNREACHABLE, USAGE, answer_to
from queuetui.model.errors import QueueTuiError

__all__ = ["CRITICAL", "INTERRUPTED", "NOT_FOUND", "OK", "REFUSED", "UNKNOWN", "UNREACHABLE", "USAGE", "WARNING"]

OK = 0
INTERRUPTED = 130
# Checks use the exit codes of monitoring plugins.
WARNING = 1
CRITICAL = 2
UNKNOWN = 3


def exit_code(error: QueueTuiError) -> int:
    """Return the exit code of an error; an act that was refused or only partly done is REFUSED."""
    return answer_to(error).exit_code
