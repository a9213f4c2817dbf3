"""The orders that a page of our own has by itself, where nobody sorted it."""

from __future__ import annotations

from queuetui.model.query import Sort

BY_STATE = (Sort("state", descending=False),)
_OWN_ORDERS = {
    "claim": (Sort("priority", descending=True), Sort("scheduled", descending=False)),
    "ready": (Sort("scheduled", descending=False),),
    "run": (Sort("started", descending=False),),
    "due": (Sort("scheduled", descending=False),),
    "done": (Sort("completed", descending=True),),
}
_NEWEST = (Sort("created", descending=True),)


def own_order(name: str) -> tuple[Sort, ...]:
    """Return what the jobs of a stretch are ordered by: the newest first where it has no order of its own."""
    return _OWN_ORDERS.get(name, _NEWEST)
