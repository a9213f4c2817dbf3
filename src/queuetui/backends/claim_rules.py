"""The contract of claims by rules.

What may be processed at once or begin in a time, and how waiting makes more urgent.
A step claims by the rules of its lease's queue. Of jobs that wait, those that the rules keep back are passed over, and others behind
them are taken. Jobs held under a lease that is over count as processed until they are swept. A job with needs is given only to a
worker whose registration names all of them as tags. Rules that are changed hold for the steps that begin afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from queuetui.model.act import Act, Result
    from queuetui.model.claim_rules import RulesEdit, RulesInUse

MOST_RULED_QUEUES = 500


@runtime_checkable
class ClaimRulesStore(Protocol):
    """What people lay down for claims."""

    def rules_in_use(self) -> tuple[RulesInUse, ...]:
        """Return the queues with rules by name, at most MOST_RULED_QUEUES, and what is in use of their limits.

        Writes nothing.
        """
        ...

    def apply_to_rules(self, act: Act, queue: str, edit: RulesEdit) -> Result:
        """Do LIMIT to the queue whose name is the ref's id, once however often one act id asks for it.

        Raises ValueError.
        """
        ...
