"""The rights of profiles and tokens, checked before each write."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import Denied


class Right(StrEnum):
    """The rights of a profile or a token, each including the ones before it.

    ADMIN also permits deletions: of jobs, registrations, and rows that are no jobs.
    """

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def covers(self, other: Right) -> bool:
        """Tell whether this right includes another one."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Right)
# Every other verb needs OPERATE.
_NEEDED: Mapping[Verb, Right] = {Verb.DELETE: Right.ADMIN, Verb.CLEAN: Right.ADMIN, Verb.UPKEEP: Right.ADMIN}


def right_for(verb: Verb) -> Right:
    """Return the right that a verb needs."""
    return _NEEDED.get(verb, Right.OPERATE)


def lesser(one: Right, other: Right) -> Right:
    """Return the lesser of two rights."""
    return one if other.covers(one) else other


def decide_right(
    written: str | None, *, asked: Right | None, is_unnamed: bool, is_native: bool, is_read_only: bool
) -> Right:
    """Return a person's right: that of the settings, else the one that was requested.

    For our own queue, without settings that name it, the right is ADMIN without a request.
    """
    if written == Right.READ or is_read_only:
        return Right.READ
    if written is not None:
        return Right(written)
    return Right.ADMIN if is_native and is_unnamed else asked or Right.READ


def require_writable(written: str | None, profile: str, refusal: str) -> None:
    """Raise Denied where the settings make a profile read-only.

    Enqueueing and working need no other right.
    """
    if written == Right.READ:
        raise Denied(f'{refusal}: the settings give {profile} rights = "read"')


def why_not(
    verb: Verb, right: Right, capabilities: Capabilities, helps: Mapping[Right, str] = MappingProxyType({})
) -> str | None:
    """Return why a verb is not allowed, None where it is; `helps` is as in `Authority`."""
    impossible = capabilities.why_not(verb)
    if impossible is not None:
        return impossible
    needed = right_for(verb)
    if right.covers(needed):
        return None
    if right is Right.READ:
        ways = helps.get(needed) or f'start with --{needed}, or give it rights = "{needed}"'
        return f"this profile is read-only; {ways}"
    ways = f'start with --{needed}, give the profile rights = "{needed}", or use a token of that right'
    return f"it takes the right {needed}, and here there is {right}; {helps.get(needed) or ways}"
