"""The contract of claims by rules: concurrency limits, rate limits and ageing.

A step claims by the rules of its lease's queue. It skips waiting jobs that the rules keep back and claims others behind
them. Jobs held under an expired lease count as processing until they are swept. A job with needs is given only to a
worker whose registration names all of them as tags. Changed rules apply to the steps that begin afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from queuetui.model.act import Act, Result
    from queuetui.model.claim_rules import RulesEdit, RulesInUse

MOST_RULED_QUEUES = 500


@runtime_checkable
class ClaimRulesStore(Protocol):
    """Reads and changes the claim rules of queues."""

    def rules_in_use(self) -> tuple[RulesInUse, ...]:
        """Return the queues that have rules, sorted by name, and how much of their limits is in use.

        At most MOST_RULED_QUEUES are returned. Writes nothing.
        """
        ...

    def apply_to_rules(self, act: Act, queue: str, edit: RulesEdit) -> Result:
        """Apply LIMIT to a queue; the same act id takes effect only once.

        The ref's id is the queue's name. Raises ValueError.
        """
        ...
