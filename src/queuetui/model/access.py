"""The command-line options that an advised command needs to reach a store and to act there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from queuetui.model.act import Verb


@dataclass(frozen=True, slots=True)
class Way:
    """Options of a command line; a `remark` tells that they do not suffice, and what is missing."""

    options: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """The options for one store: to read it, to enqueue and work there, and to act there by each verb.

    A verb that is not listed needs the same options as reading.
    """

    reading: Way = Way()
    working: Way = Way()
    acting: Mapping[Verb, Way] = field(default_factory=dict)

    def way_to(self, verb: Verb) -> Way:
        """Return the options that a command with this verb needs."""
        return self.acting.get(verb, self.reading)


# Access to our own queue when no profile or URL has to be given.
OWN = Access()
ATTACHED = Access(acting=dict.fromkeys(Verb, Way(("--operate",))))
