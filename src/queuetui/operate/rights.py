"""The rights of profiles and tokens, checked before each write."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import Denied


class Right(StrEnum):
    """What a profile or a token may do, each more than the one before.

    Who has ADMIN may also delete what is then gone: jobs, registrations, rows that are no jobs.
    """

    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    def covers(self, other: Right) -> bool:
        """Tell whether whoever has this right has the other too."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER = tuple(Right)
# Every other verb needs OPERATE.
_NEEDED: Mapping[Verb, Right] = {Verb.DELETE: Right.ADMIN, Verb.CLEAN: Right.ADMIN, Verb.UPKEEP: Right.ADMIN}


def right_for(verb: Verb) -> Right:
    """Return the right that a verb needs."""
    return _NEEDED.get(verb, Right.OPERATE)


def lesser(one: Right, other: Right) -> Right:
    """Return what is allowed by both of two rights."""
    return one if other.covers(one) else other


def decide_right(
    written: str | None, *, asked: Right | None, is_unnamed: bool, is_native: bool, is_read_only: bool
) -> Right:
    """Return what a person may do: what the settings say, else what was asked for.

    Our own queue may be operated on and deleted from unasked where no settings name it.
    """
    if written == Right.READ or is_read_only:
        return Right.READ
    if written is not None:
        return Right(written)
    return Right.ADMIN if is_native and is_unnamed else asked or Right.READ


def require_writable(written: str | None, profile: str, refusal: str) -> None:
    """Raise Denied where the settings say that a profile is for reading.

    Enqueueing and working need no more right than that.
    """
    if written == Right.READ:
        raise Denied(f'{refusal}: the settings give {profile} rights = "read"')


def why_not(
    verb: Verb, right: Right, capabilities: Capabilities, helps: Mapping[Right, str] = MappingProxyType({})
) -> str | None:
    """Return why a verb is not to be had, None when it is; `helps` are the words of an authority's."""
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
