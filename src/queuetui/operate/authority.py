"""The person or token that acts, with its right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.errors import Denied
from queuetui.operate.journal import Journal
from queuetui.operate.rights import Right, why_not


@dataclass(frozen=True, slots=True)
class Authority:
    """The actor of an act, the actor's right, and the journal that records the act.

    `helps` tells how to get a right where a command-line option does not grant it.
    """

    right: Right
    actor: str
    journal: Journal
    export_folder: Path | None
    helps: Mapping[Right, str] = field(default_factory=dict)

    def why_not(self, verb: Verb, capabilities: Capabilities) -> str | None:
        """Return why a verb is not allowed, None where it is."""
        return why_not(verb, self.right, capabilities, self.helps)

    def require(self, verb: Verb, capabilities: Capabilities) -> None:
        """Raise Denied unless the verb is allowed."""
        reason = self.why_not(verb, capabilities)
        if reason is not None:
            raise Denied(f"{verb.value} was not done: {reason}")
