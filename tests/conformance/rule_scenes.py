"""What tests do to the rules of queues, in one line each."""

from __future__ import annotations

from typing import Any

from queuetui.backends.backend import NativeBackend
from queuetui.backends.claim_rules import ClaimRulesStore
from queuetui.model.act import Act, Outcome, Result, Verb
from queuetui.model.claim_rules import RulesEdit, RulesInUse, parse_rate
from queuetui.model.job import ClaimedJob


def rules_of(backend: NativeBackend) -> ClaimRulesStore:
    """Return the backend as what rules are laid down by."""
    return backend.rules


def limit(backend: NativeBackend, queue: str = "default", rate: str | None = None, **changes: Any) -> Result:
    """Lay down rules for a queue."""
    edit = RulesEdit(rate=None if rate is None else parse_rate(rate), **changes)
    result = rules_of(backend).apply_to_rules(Act(Verb.LIMIT, "ana"), queue, edit)
    assert result.outcome is Outcome.DONE, result
    return result


def in_use(backend: NativeBackend, queue: str = "default") -> RulesInUse:
    """Return what is in use of a queue's rules."""
    return next(one for one in rules_of(backend).rules_in_use() if one.queue == queue)


def types_of(claimed: tuple[ClaimedJob, ...]) -> list[str]:
    """Return the types of claimed jobs."""
    return [job.type for job in claimed]
