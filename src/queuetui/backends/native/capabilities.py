"""The capabilities that all our stores share; each store adds its durability grade."""

from __future__ import annotations

from queuetui.backends.native.act_rules import APPLIES
from queuetui.model.act import QUEUE_VERBS, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.state import State

KEPT = frozenset(State) - {State.BLOCKED}
_MANAGED = QUEUE_VERBS | {Verb.CLEAN, Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN, Verb.LIMIT}


def native_capabilities(label: str, durability: str) -> Capabilities:
    """Return the capabilities of a store of our own, by its label and its durability grade."""
    return Capabilities(
        kind="native",
        label=label,
        native=True,
        applies=APPLIES,
        keeps=KEPT,
        manages=_MANAGED,
        liveness=Liveness.LEASE,
        workers=True,
        tally=True,
        attempts=True,
        events=True,
        schedules=True,
        durability=durability,
    )
