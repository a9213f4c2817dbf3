"""Decides the effect of an act on each locked job, or the reason to skip it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from queuetui.backends.native.act_rules import ASKED, HELD, STOPPING, refuse
from queuetui.backends.native.ending_rules import LOST
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.act.locked_jobs import LockedJob
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.worker.endings import End, Ends
from queuetui.backends.native.sql.worker.event_writes import EventWrite, log_final, log_live
from queuetui.model.act import Verb
from queuetui.model.event import EventKind
from queuetui.model.state import WAITING, State


@dataclass(frozen=True, slots=True)
class ActDecision:
    """The result for a target: its state afterwards (None once deleted), or the refusal."""

    state: State | None = None
    note: str = ""
    refusal: str = ""


@dataclass(slots=True)
class Decisions:
    """The decisions of one transaction, made job by job and written together."""

    session: Session
    retention: Retention
    actor: str = ""
    _ends: Ends = field(init=False)
    _blocks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _told: dict[bool, list[EventWrite]] = field(default_factory=lambda: {False: [], True: []})

    def __post_init__(self) -> None:
        self._ends = Ends(self.retention)

    def decide(self, verb: Verb, target: LockedJob) -> ActDecision:
        """Decide the effect of the act on a job."""
        refusal = refuse(verb, target.state)
        if refusal:
            return ActDecision(refusal=refusal)
        match verb:
            case Verb.RETRY:
                return self._retry(target)
            case Verb.CANCEL:
                return self._cancel(target)
            case Verb.DELETE:
                return self._delete(target)
            case _:
                return self._release(target)

    def write(self) -> None:
        """Write all decisions."""
        log_live(self.session, self._told[False])
        log_final(self.session, self._told[True])
        self._ends.write(self.session)
        for block, many in self._blocks.items():
            self.session.change_each(block, many)

    def _do(self, block: str, **values: Any) -> None:  # noqa: ANN401 - values of columns
        self._blocks.setdefault(block, []).append(values)

    def _tell(self, kind: EventKind, target: LockedJob, delay_us: int | None = None) -> None:
        self._told[target.is_done].append(EventWrite(kind, target.id, delay_us=delay_us, actor=self.actor))

    def _retry(self, target: LockedJob) -> ActDecision:
        self._tell(EventKind.JOB_RETRIED, target, delay_us=0)
        if not target.is_done:
            self._do("retry_waiting", id=target.id)
            return ActDecision(State.PENDING)
        self._do("revive", id=target.id)
        self._do("delete_done", id=target.id)
        if target.row["key"] is not None:
            self._do("hold_key_again", id=target.id, key=target.row["key"])
        return ActDecision(State.PENDING)

    def _cancel(self, target: LockedJob) -> ActDecision:
        if target.state in WAITING:
            self._ends.ends.append(
                End(target.held(), State.CANCELLED, kinds=(EventKind.JOB_CANCELLED,), actor=self.actor)
            )
            return ActDecision(State.CANCELLED)
        if target.row["cancel_requested_at"] is not None:
            return ActDecision(refusal=ASKED)
        self._tell(EventKind.JOB_CANCEL_REQUESTED, target)
        self._do("request_cancel", id=target.id)
        return ActDecision(State.PROCESSING, STOPPING)

    def _delete(self, target: LockedJob) -> ActDecision:
        self._tell(EventKind.JOB_DELETED, target)
        self._do("delete_done" if target.is_done else "delete_live", id=target.id)
        self._do("drop_attempts", id=target.id)
        self._do("drop_notes", id=target.id)
        if target.row["blob"]:
            self._do("drop_blob", id=target.id)
        if target.row["key"] is not None and target.state is not State.COMPLETED:
            # The key of a job that never completed may be used again.
            self._do("free_key", id=target.id, key=target.row["key"])
        return ActDecision()

    def _release(self, target: LockedJob) -> ActDecision:
        lease_id = target.row["lease_id"]
        if lease_id is not None and self.session.row("lease_goes_on", lease_id=lease_id) is not None:
            return ActDecision(refusal=HELD)
        held = target.held()
        freed = State.CANCELLED if held.cancel_requested else State.PENDING
        kinds = (EventKind.JOB_RELEASED, *([EventKind.JOB_CANCELLED] if freed is State.CANCELLED else []))
        self._ends.ends.append(
            End(
                held,
                freed,
                lost=True,
                lost_alone=held.claimed_alone,
                outcome=LOST,
                kinds=kinds,
                actor=self.actor,
            )
        )
        self._ends.tally.add(target.row["worker_id"] or "", held.queue, held.type, "lost")
        return ActDecision(freed)
