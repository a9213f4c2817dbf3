"""Where RQ keeps the ids of jobs: in a list and in registries of each queue."""

from __future__ import annotations

import re

from queuetui.backends.keys.shelf import Entry, Kind, Shelf
from queuetui.backends.payloads.stored_values import text_of
from queuetui.model.state import State

# Whose jobs wait, run and end, in the order in which they travel.
ROLES: dict[str, tuple[Kind, tuple[State, ...], bool]] = {
    "scheduled": (Kind.SORTED, (State.SCHEDULED, State.RETRYING), False),
    "deferred": (Kind.SORTED, (State.BLOCKED,), False),
    "ready": (Kind.SORTED, (State.PENDING,), False),
    "queue": (Kind.LIST, (State.PENDING,), False),
    "intermediate": (Kind.LIST, (State.PROCESSING,), False),
    "wip": (Kind.SORTED, (State.PROCESSING,), False),
    "failed": (Kind.SORTED, (State.FAILED,), True),
    "canceled": (Kind.SORTED, (State.CANCELLED,), True),
    "finished": (Kind.SORTED, (State.COMPLETED,), True),
}
# Up to 0.13 what failed stood in a queue of this name.
_OLD = {("queue", b"failed"): (State.FAILED,)}
_RUN = re.compile(rb"(.+):[0-9a-f]{32}", re.DOTALL)


def key_of(prefix: bytes, kind: str, name: bytes | None = None) -> bytes:
    """Return a key of RQ's."""
    return b":".join((prefix, kind.encode(), *(() if name is None else (name,))))


def shelf_of(prefix: bytes, role: str, queue: bytes) -> Shelf:
    """Return the shelf of a role of a queue."""
    kind, states, falls = ROLES[role]
    key = key_of(prefix, "queue", queue + b":intermediate") if role == "intermediate" else key_of(prefix, role, queue)
    return Shelf(role, key, kind, (*states, *_OLD.get((role, queue), ())), text_of(queue), falls)


def queue_of(prefix: bytes, shelf: Shelf) -> bytes:
    """Return the exact name of a shelf's queue."""
    if shelf.role == "intermediate":
        return shelf.key.removeprefix(key_of(prefix, "queue", b"")).removesuffix(b":intermediate")
    return shelf.key.removeprefix(key_of(prefix, shelf.role, b""))


def bare_id(entry: Entry) -> bytes:
    """Return the id; since 2 the member of a run names its execution behind it."""
    named = _RUN.fullmatch(entry.member) if entry.shelf.role == "wip" else None
    return entry.member if named is None else named[1]
