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
