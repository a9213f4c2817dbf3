"""The contract of claims by rules: what may be processed at once or begin in a time, and how waiting makes more urgent.

A step claims by the rules of its lease's queue. Of jobs that wait, those that the rules keep back are passed over, and others behind
them are taken. Jobs held under a lease that is over count as processed until they are swept. A job with needs is given only to a
worker whose registration names all of them as tags. Rules that are changed hold for the steps that begin afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from queuetui.model.act import Act, Result
from queuetui.model.claim_rules import ClaimRules, RulesEdit

MOST_RULED_QUEUES = 500


@dataclass(frozen=True, slots=True)
class RulesInUse:
    """The rules of one queue, how many jobs of each type are processed in it, and how many began lately by limit ('' the queue's)."""

    queue: str
    rules: ClaimRules
    running: Mapping[str, int] = field(default_factory=dict)
    begun: Mapping[str, int] = field(default_factory=dict)
    opens_at: Mapping[str, datetime] = field(default_factory=dict)


@runtime_checkable
class ClaimRulesStore(Protocol):
    """What people lay down for claims."""

    def rules_in_use(self) -> tuple[RulesInUse, ...]:
        """Return the queues with rules by name, at most MOST_RULED_QUEUES, and what is in use of their limits. Writes nothing."""
        ...

    def apply_to_rules(self, act: Act, queue: str, edit: RulesEdit) -> Result:
        """Do LIMIT to a queue; the ref's id is the queue's name. Asked twice with one act id it acts once. Raises ValueError."""
        ...
