"""What a profile allows to be changed, checked in the write path."""

from __future__ import annotations

from enum import StrEnum

from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import Denied


class Right(StrEnum):
    """What a profile may do."""

    READ = "read"
    OPERATE = "operate"


def decide_right(
    written: str | None, *, is_asked_for: bool, is_unnamed: bool, is_native: bool, is_read_only: bool
) -> Right:
    """Return what a person may do: what the settings say, else what was asked for.

    Our own queue may be operated on unasked where no settings name it.
    """
    if written == Right.READ or is_read_only:
        return Right.READ
    may_operate = is_asked_for or written == Right.OPERATE or (is_native and is_unnamed)
    return Right.OPERATE if may_operate else Right.READ


def require_writable(written: str | None, profile: str, refusal: str) -> None:
    """Raise Denied where the settings say that a profile is for reading.

    Enqueueing and working need no more right than that.
    """
    if written == Right.READ:
        raise Denied(f'{refusal}: the settings give {profile} rights = "read"')


def why_not(verb: Verb, right: Right, capabilities: Capabilities) -> str | None:
    """Return why a verb is not to be had, None when it is."""
    impossible = capabilities.why_not(verb)
    if impossible is not None:
        return impossible
    if right is not Right.OPERATE:
        return 'this profile is read-only; start with --operate, or give it rights = "operate" where its settings say "read"'
    return None


def require(verb: Verb, right: Right, capabilities: Capabilities) -> None:
    """Raise Denied unless the verb may be done."""
    reason = why_not(verb, right, capabilities)
    if reason is not None:
        raise Denied(f"{verb.value} was not done: {reason}")
