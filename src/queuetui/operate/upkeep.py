"""Executes a declared chore for a person: counted, confirmed, recorded, executed, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.model.act import Act, JobRef, Outcome, Result, Verb
from queuetui.model.counted import counted
from queuetui.model.errors import BadConfig, NotFound, QueueTuiError, Unsupported
from queuetui.operate.report import Report

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.upkeep import Upkeep
    from queuetui.model.upkeep import Chore, ChorePlan
    from queuetui.operate.authority import Authority


class UpkeepOperations:
    """The chores of one person on one backend."""

    def __init__(self, backend: Backend, authority: Authority) -> None:
        self._backend = backend
        self._authority = authority

    @property
    def chores(self) -> tuple[Chore, ...]:
        """The declared chores; raises Unsupported where there are none."""
        return self._store.chores

    def plan(self, name: str, days: float | None = None) -> ChorePlan:
        """Return the plan of a chore: what it would change now.

        Raises NotFound for one that is not declared, BadConfig without its days.
        """
        chore = next((one for one in self.chores if one.name == name), None)
        if chore is None:
            raise NotFound(f"there is no chore {name!r}; there are: {', '.join(one.name for one in self.chores)}")
        if chore.takes_days and days is None:
            raise BadConfig(f"{name} is for rows older than some days; say how many", "days")
        return self._store.plan(chore, days if chore.takes_days else None)

    def perform(self, plan: ChorePlan, reason: str = "") -> Report:
        """Execute a plan; raises Denied before anything is done."""
        self._authority.require(Verb.UPKEEP, self._backend.inspector.capabilities)
        args = {"chore": plan.chore.name} | ({} if plan.days is None else {"days": f"{plan.days:g}"})
        act = Act(Verb.UPKEEP, self._authority.actor, reason, args=args)
        journal = self._authority.journal
        journal.intend(act, (), plan.chore.name)
        try:
            rows, before = self._store.carry_out(act, plan)
        except QueueTuiError as error:
            journal.break_off(act, str(error))
            raise
        story = f"{plan.chore.name}: {counted(rows, 'row')} changed"
        result = Result(JobRef("", plan.chore.name, ""), Outcome.DONE)
        unrecorded = journal.conclude(act, (), f"{story}; before: {before}" if before else story)
        return Report(Verb.UPKEEP, act.id, (result,), remarks=() if unrecorded is None else (unrecorded,), story=story)

    @property
    def _store(self) -> Upkeep:
        if self._backend.upkeep is None or not self._backend.upkeep.chores:
            label = self._backend.inspector.capabilities.label
            raise Unsupported(
                f"no chores are declared for {label}; a mapping file declares them in [workers], [events] and [tokens]"
            )
        return self._backend.upkeep
