"""The states of a job and every legal move between them.

The one table that docs and tests are made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """The state of a job; `stuck` is a verdict and never a state."""

    SCHEDULED = "scheduled"
    PENDING = "pending"
    PROCESSING = "processing"
    RETRYING = "retrying"
    BLOCKED = "blocked"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


# The states in which a job waits for a time.
PUT_OFF = frozenset({State.SCHEDULED, State.RETRYING})
WAITING = PUT_OFF | {State.PENDING}
LIVE = WAITING | {State.PROCESSING, State.BLOCKED}
FINAL = frozenset({State.COMPLETED, State.FAILED, State.CANCELLED})


@dataclass(frozen=True, slots=True)
class Move:
    """One legal move; `source` None is the job's birth, `by` says who makes it."""

    source: State | None
    verb: str
    target: State
    by: str


MOVES: tuple[Move, ...] = (
    Move(None, "enqueue", State.PENDING, "client"),
    Move(None, "enqueue with a due time", State.SCHEDULED, "client"),
    Move(State.SCHEDULED, "promote", State.PENDING, "engine"),
    Move(State.RETRYING, "promote", State.PENDING, "engine"),
    Move(State.PENDING, "claim", State.PROCESSING, "engine"),
    Move(State.PROCESSING, "complete", State.COMPLETED, "engine"),
    Move(State.PROCESSING, "retry later", State.RETRYING, "engine"),
    Move(State.PROCESSING, "snooze", State.SCHEDULED, "engine"),
    Move(State.PROCESSING, "give up", State.FAILED, "engine"),
    Move(State.PROCESSING, "release", State.PENDING, "engine"),
    Move(State.PROCESSING, "end a cancelled run", State.CANCELLED, "engine"),
    Move(State.PROCESSING, "release", State.PENDING, "person"),
    Move(State.SCHEDULED, "cancel", State.CANCELLED, "person"),
    Move(State.PENDING, "cancel", State.CANCELLED, "person"),
    Move(State.RETRYING, "cancel", State.CANCELLED, "person"),
    Move(State.RETRYING, "retry", State.PENDING, "person"),
    Move(State.SCHEDULED, "retry", State.PENDING, "person"),
    Move(State.FAILED, "retry", State.PENDING, "person"),
    Move(State.CANCELLED, "retry", State.PENDING, "person"),
    Move(State.COMPLETED, "retry", State.PENDING, "person"),
)

_PAIRS = frozenset((move.source, move.target) for move in MOVES)


def may_move(source: State | None, target: State) -> bool:
    """Tell whether one legal move leads from source to target."""
    return (source, target) in _PAIRS


def draw_lifecycle() -> str:
    """Return the lifecycle as a Mermaid state diagram, in the order of the table."""
    lines = ["stateDiagram-v2"]
    for move in MOVES:
        source = "[*]" if move.source is None else move.source.value
        lines.append(f"    {source} --> {move.target.value}: {move.verb} ({move.by})")
    lines += [f"    {state.value} --> [*]" for state in State if state in FINAL]
    return "\n".join(lines) + "\n"
