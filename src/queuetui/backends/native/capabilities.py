"""What every store of ours can do, less how safe it is."""

from __future__ import annotations

from queuetui.backends.native.act_rules import APPLIES
from queuetui.model.act import QUEUE_VERBS, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.state import State

KEPT = frozenset(State) - {State.BLOCKED}
_MANAGED = QUEUE_VERBS | {Verb.CLEAN, Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.RUN, Verb.LIMIT}


def native_capabilities(label: str, durability: str) -> Capabilities:
    """Return what a queue of ours can do that is called so and has this grade of durability."""
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
