"""What every store of ours can do, less how safe it is."""

from __future__ import annotations

from queuetui.backends.native.query_scope import KEPT
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities


def native_capabilities(label: str, durability: str) -> Capabilities:
    """Return what a queue of ours can do that is called so and has this grade of durability."""
    return Capabilities(
        kind="native",
        label=label,
        native=True,
        verbs=frozenset(Verb),
        keeps=KEPT,
        leases=True,
        workers=True,
        tally=True,
        attempts=True,
        events=True,
        durability=durability,
    )
