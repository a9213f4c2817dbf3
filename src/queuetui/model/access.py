"""What a command line must say to come to a store, and to be let act there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from queuetui.model.act import Verb


@dataclass(frozen=True, slots=True)
class Way:
    """The options of a command line; a `remark` tells that these alone do not do, and what is wanting."""

    options: tuple[str, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """The ways to one store: to read it, to enqueue and work there, and to act there by each verb.

    A verb that is missing needs no more than reading does.
    """

    reading: Way = Way()
    working: Way = Way()
    acting: Mapping[Verb, Way] = field(default_factory=dict)

    def way_to(self, verb: Verb) -> Way:
        """Return the way to act by a verb."""
        return self.acting.get(verb, self.reading)


# To a store that needs no naming, and of whose rights nothing is told.
OWN = Access()
ATTACHED = Access(acting=dict.fromkeys(Verb, Way(("--operate",))))
