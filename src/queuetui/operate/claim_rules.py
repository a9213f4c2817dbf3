"""Sets the claim rules of a queue for a person: checked, recorded, written, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.model.act import Act, Verb
from queuetui.model.errors import QueueTuiError, Unsupported
from queuetui.operate.lost_answers import answer_of
from queuetui.operate.report import Report

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.model.claim_rules import RulesEdit
    from queuetui.operate.authority import Authority


class ClaimRulesOperations:
    """The acts of one person on the rules of one backend's queues."""

    def __init__(self, backend: Backend, authority: Authority) -> None:
        self._backend = backend
        self._authority = authority

    def lay_down(self, queue: str, edit: RulesEdit, reason: str = "") -> Report:
        """Set the rules of a queue; they apply to the claims that begin afterwards.

        Raises ValueError for too many of them.
        """
        self._authority.require(Verb.LIMIT, self._backend.inspector.capabilities)
        if self._backend.rules is None:
            raise Unsupported(
                f"{self._backend.inspector.capabilities.label} keeps no rules that could be laid down here"
            )
        act = Act(Verb.LIMIT, self._authority.actor, reason, args=edit.describe())
        journal, rules = self._authority.journal, self._backend.rules
        journal.intend(act, (), f"rules of queue {queue}")
        try:
            result = answer_of(lambda: rules.apply_to_rules(act, queue, edit), self._backend)
        except (QueueTuiError, ValueError) as error:
            journal.break_off(act, str(error))
            raise
        unrecorded = journal.conclude(act, (result,))
        return Report(Verb.LIMIT, act.id, (result,), remarks=() if unrecorded is None else (unrecorded,))
