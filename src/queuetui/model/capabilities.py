"""What a backend can do, said by the backend itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from queuetui.model.act import Verb
from queuetui.model.state import State


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What may be asked of a backend; a verb that is missing has its reason in `reasons`.

    `native` backends have a worker of ours; `keeps` are the states it stores; `leases` tells whether liveness of a run is stored;
    `workers`, `tally`, `attempts`, `events` tell whether those are kept at all;
    `durability` is the grade shown (A+, A, B or C, with (R0) where a failover loses) or empty.
    """

    kind: str
    label: str
    native: bool
    verbs: frozenset[Verb]
    keeps: frozenset[State]
    reasons: Mapping[Verb, str] = field(default_factory=dict)
    leases: bool = False
    workers: bool = False
    tally: bool = False
    attempts: bool = False
    events: bool = False
    durability: str = ""
    warnings: Mapping[Verb, str] = field(default_factory=dict)
