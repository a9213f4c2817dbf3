"""Decides how runs end whose child is dead or must be killed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from queuetui.engine.children.process_end import describe_death
from queuetui.engine.clock import steady_s
from queuetui.engine.context import CancelCause
from queuetui.engine.logs import log_event
from queuetui.engine.outcome import settle_cancelled, settle_lost, settle_timeout
from queuetui.engine.performer import retry_rule
from queuetui.model.backoff import Backoff

if TYPE_CHECKING:
    from queuetui.engine.children.child_handle import ChildHandle
    from queuetui.engine.children.messages import TypeRules
    from queuetui.engine.finisher import Outbox
    from queuetui.engine.held import Run
    from queuetui.engine.settings import WorkerSettings
    from queuetui.model.job import Settlement


class Rules:
    """The rules of job types as children report them; the worker loads no handlers that run in children."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._met: dict[str, TypeRules] = {}

    def learn(self, met: TypeRules) -> None:
        """Keep the rules of a type."""
        self._met[met.type] = met

    def limit_s(self, run: Run) -> float | None:
        """Return how long a run may take: its own limit, else its type's, else the worker's."""
        if run.job.timeout_s is not None:
            return run.job.timeout_s
        met = self._met.get(run.job.type)
        if met is None:
            return None
        return met.timeout_s if met.timeout_s is not None else self._settings.job_timeout_s

    def time_out(self, run: Run, took_s: float) -> Settlement:
        """Return the ending of a run that exceeded its limit."""
        met = self._met.get(run.job.type)
        rule = retry_rule(Backoff() if met is None else met.backoff, self._settings)
        return settle_timeout(run.job, run.timeout_s or took_s, took_s, rule, killed=True)


class ExitJudge:
    """Decides how the begun run of a dead child ended, and which runs may begin elsewhere."""

    def __init__(self, rules: Rules, outbox: Outbox) -> None:
        self._rules = rules
        self._outbox = outbox

    def examine(self, handle: ChildHandle, status: int) -> list[Run]:
        """End every run that had begun and return the others."""
        begun = handle.page.begun
        at_work = handle.at_work()
        now_s = steady_s()
        for number, run in handle.runs.items():
            if number > begun or run.ended:
                continue
            began_s = at_work[2] if at_work is not None and at_work[0] == number else now_s
            self.end(run, self._settle(run, now_s - began_s, status))
        return [run for number, run in handle.runs.items() if number > begun and not run.ended]

    def end(self, run: Run, settlement: Settlement, *, at_once: bool = False) -> None:
        """Post an ending, unless the run has ended already."""
        if run.end():
            self._outbox.put(run, settlement, at_once=at_once)
        else:
            if run.context.cancel_cause is CancelCause.LEASE_LOST:
                self._outbox.put_late(run, settlement)
            log_event("result_refused", logging.WARNING, **run.facts, ending=settlement.ending.value)

    def _settle(self, run: Run, took_s: float, status: int) -> Settlement:
        cause = run.context.cancel_cause
        if cause is CancelCause.TIMEOUT:
            return self._rules.time_out(run, took_s)
        if cause is CancelCause.PERSON:
            return settle_cancelled(run.job, took_s)
        return settle_lost(run.job, describe_death(status), took_s)
