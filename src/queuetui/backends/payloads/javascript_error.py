"""Errors as Node.js writes them: a stack whose first line is the class and the message."""

from __future__ import annotations

import re
from collections.abc import Sequence

from queuetui.model.job import Attempt, JobError
from queuetui.model.text import Untrusted

# Node writes the code of its own errors behind their class: AssertionError [ERR_ASSERTION].
_CODE = re.compile(r" \[\w+\]$")
# Shorter messages are read whole everywhere.
_LONG_CHARS = 4_000


def read_stack(stack: str) -> JobError:
    """Return the error of a stack."""
    name, _, message = stack.partition("\n")[0].partition(":")
    return JobError(Untrusted(_CODE.sub("", name)), Untrusted(message.strip()), Untrusted(stack))


def read_last(message: str, stacks: Sequence[object]) -> JobError | None:
    """Return the last failure, None where there is no message.

    Its class and traceback are known if the last stack is its own. Of a long one both may be only the beginning.
    """
    last = read_stack(str(stacks[-1])) if stacks else None
    if last is not None and _is_of(last.message.raw, message.partition("\n")[0].strip()):
        return JobError(last.class_name, Untrusted(message), last.traceback)
    return JobError(Untrusted(""), Untrusted(message), Untrusted("")) if message else None


def _is_of(told: str, line: str) -> bool:
    """Tell whether a stack's message is the first line of a failure's."""
    return told == line or (len(told) > _LONG_CHARS and line.startswith(told))


def read_failures(stacks: Sequence[object]) -> tuple[Attempt, ...]:
    """Return an attempt for each stack, of which nothing else is known."""
    return tuple(
        Attempt(number, "failed", read_stack(str(stack)), None, None, None)
        for number, stack in enumerate(stacks, start=1)
    )
