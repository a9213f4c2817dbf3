"""The default orders of pages of our own queue, by state."""

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
    """Return the default order of a list by its name, the newest first for any other."""
    return _OWN_ORDERS.get(name, _NEWEST)
