"""Writes endings other than completed: by the worker, a closed lease, or the sweep of an expired one.

    lock_run  ->  Held  ->  Ends.settle | release | lose  ->  End  ->  Ends.write
    (locked row)            (by `ending_rules`)                       events, attempts, then
                                                                      final:   move to queuetui_job_done
                                                                      waiting: put_back in queuetui_job
                                                                      then keys and tally

The ends of one transaction are collected in one `Ends` and written together, so that a batch takes as many statements as one job.
Events and attempts are written first: they copy columns of the run from the job's row, which the move clears.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from queuetui.backends.native.ending_rules import FIGURES, LOST, is_poisonous, quarantine_error, target_of
from queuetui.backends.native.event_rules import KIND_OF_TARGET, TELLS_WHY
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.postgresql import bulk as postgresql_bulk
from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.sqlite import bulk as sqlite_bulk
from queuetui.backends.native.sql.state_codes import CODE_OF
from queuetui.backends.native.sql.worker.event_writes import EventWrite, log_live
from queuetui.backends.native.sql.worker.tally import TallyWrites
from queuetui.backends.native.texts import storable
from queuetui.model.event import EventKind
from queuetui.model.fingerprint import fingerprint_of
from queuetui.model.job import Ending, RunError, Settlement
from queuetui.model.state import FINAL, PUT_OFF, State

LONGEST_DELAY_S = 100 * 365 * 86_400.0
_FINISH = {
    "sqlite": sqlite_bulk.finish_locked,
    "postgresql": postgresql_bulk.finish_locked,
    "mysql": sqlite_bulk.finish_locked,
}


@dataclass(frozen=True, slots=True)
class Held:
    """A processing job whose row is locked by this transaction; `id` is as the store holds it."""

    id: object
    queue: str
    type: str
    key: str | None
    cancel_requested: bool
    claimed_alone: bool
    lost_alone: int


@dataclass(frozen=True, slots=True)
class End:
    """The end of a held job's run: the next state and its values."""

    held: Held
    state: State
    attempted: bool = False
    lost: bool = False
    lost_alone: bool = False
    error: RunError | None = None
    took_us: int | None = None
    delay_us: int | None = None
    at: datetime | None = None
    outcome: str | None = None
    loss: RunError | None = None
    kinds: tuple[EventKind, ...] = ()
    actor: str | None = None
    reason: RunError | None = None

    def told(self, session: Session) -> list[EventWrite]:
        """Return the event that is logged.

        Its error is that of the run, of the loss before it, or the reason of the release.
        """
        at = None if self.at is None else session.moment_in(self.at)
        error = self.error or self.loss or self.reason
        return [
            EventWrite(
                kind,
                self.held.id,
                at,
                self.delay_us,
                self.took_us,
                self.actor,
                _class_of(self.loss if kind is EventKind.JOB_LOST else error),
            )
            for kind in self.kinds
        ]


@dataclass(slots=True)
class Ends:
    """The ends of one transaction, written together."""

    retention: Retention
    ends: list[End] = field(default_factory=list)
    tally: TallyWrites = field(default_factory=TallyWrites)

    def settle(self, held: Held, settlement: Settlement, worker_id: str) -> None:
        """End a run as its worker reports; a job whose cancellation was requested does not wait again."""
        how = settlement.ending
        if how is Ending.LOST:
            self.lose(held, worker_id, settlement)
            return
        target = target_of(how, cancel_requested=held.cancel_requested)
        put_off = target in PUT_OFF
        took_us = length_us(settlement)
        self.ends.append(
            End(
                held,
                target,
                attempted=how in FIGURES,
                error=settlement.error if how in FIGURES else None,
                took_us=took_us,
                delay_us=to_us(min(max(0.0, settlement.delay_s), LONGEST_DELAY_S))
                if put_off and settlement.at is None
                else None,
                at=settlement.at if put_off else None,
                outcome=how.value if how in FIGURES else None,
                kinds=(KIND_OF_TARGET[target],),
                reason=settlement.error if target in TELLS_WHY else None,
            )
        )
        if how in FIGURES:
            self.tally.add(worker_id, held.queue, held.type, FIGURES[how])
        self.tally.add_run(worker_id, held.queue, held.type, took_us)

    def release(self, held: Held) -> None:
        """Release a job without counting an attempt."""
        target = target_of(Ending.RELEASED, cancel_requested=held.cancel_requested)
        self.ends.append(End(held, target, kinds=(KIND_OF_TARGET[target],)))

    def lose(self, held: Held, worker_id: str, settlement: Settlement | None = None) -> bool:
        """Count a loss; tell whether it quarantines the job."""
        alone = held.claimed_alone
        losses = held.lost_alone + alone
        poisonous = is_poisonous(losses, claimed_alone=alone, cancel_requested=held.cancel_requested)
        error = quarantine_error(losses) if poisonous else None
        if poisonous:
            self.tally.add(worker_id, held.queue, held.type, "failed")
        target = State.FAILED if poisonous else target_of(Ending.RELEASED, cancel_requested=held.cancel_requested)
        loss, took_us = (None, None) if settlement is None else (settlement.error, length_us(settlement))
        kinds = (EventKind.JOB_LOST, *([KIND_OF_TARGET[target]] if target in FINAL else []))
        self.ends.append(
            End(
                held,
                target,
                lost=True,
                lost_alone=alone,
                error=error,
                took_us=took_us,
                outcome=LOST,
                loss=loss,
                kinds=kinds,
            )
        )
        self.tally.add(worker_id, held.queue, held.type, "lost")
        return poisonous

    def write(self, session: Session) -> None:
        """Write events and attempts, then the jobs, their keys and the tally."""
        log_live(session, [told for end in self.ends for told in end.told(session)])
        session.change_each("record_attempt", [_attempt_values(end) for end in self.ends if end.outcome is not None])
        final = [end for end in self.ends if end.state in FINAL]
        _FINISH[session.dialect](session, [self._final_values(end) for end in final])
        session.change_each("put_back", [_waiting_values(session, end) for end in self.ends if end.state not in FINAL])
        key_kept_us = to_us(self.retention.keys_s)
        keys = [
            {"key": end.held.key, "id": end.held.id, "key_kept_us": key_kept_us}
            for end in final
            if end.held.key is not None
        ]
        session.change_each("expire_key", keys)
        self.tally.write(session)

    def _final_values(self, end: End) -> dict[str, object]:
        kept_us = to_us(self.retention.kept_s(end.state))
        return {**_common_values(end), "took_us": end.took_us, "result": None, "kept_us": kept_us}


def lock_runs(
    session: Session, lease_id: object, settlements: Sequence[tuple[object, Settlement]]
) -> list[Held | None]:
    """Lock the rows of runs that still hold their job under this lease; None for each stale run."""
    wanted = [{"id": job_id, "fence": one.fence, "lease_id": lease_id} for job_id, one in settlements]
    return [None if row is None else to_held(row) for row in session.each("lock_run", wanted)]


def to_held(row: Row) -> Held:
    """Return the job of a locked row."""
    return Held(
        id=row[0],
        queue=row[1],
        type=row[2],
        key=row[3],
        cancel_requested=bool(row[4]),
        claimed_alone=bool(row[5]),
        lost_alone=row[6],
    )


def record_ack_lost(session: Session, stale: Sequence[tuple[object, Settlement]]) -> None:
    """Record that acknowledgements came too late."""
    session.change_each(
        "record_ack_lost", [{"id": job_id, "fence": one.fence, **error_values(one.error)} for job_id, one in stale]
    )


def error_values(error: RunError | None) -> dict[str, str | None]:
    """Return an error's columns."""
    if error is None:
        return dict.fromkeys(("error_class", "error_message", "error_traceback", "error_fingerprint"))
    return {
        "error_class": storable(error.class_name),
        "error_message": storable(error.message),
        "error_traceback": storable(error.traceback),
        "error_fingerprint": fingerprint_of(error.class_name, error.message),
    }


def to_us(duration_s: float) -> int:
    """Return seconds as microseconds."""
    return round(duration_s * 1e6)


def length_us(settlement: Settlement) -> int | None:
    """Return the duration of a run, None when its handler never began."""
    return None if settlement.duration_s is None else to_us(settlement.duration_s)


def _class_of(error: RunError | None) -> str | None:
    return None if error is None else error.class_name


def _attempt_values(end: End) -> dict[str, object]:
    error = end.loss if end.outcome == LOST else end.error
    return {"id": end.held.id, "outcome": end.outcome, "took_us": end.took_us, **error_values(error)}


def _common_values(end: End) -> dict[str, object]:
    return {
        "id": end.held.id,
        "state": CODE_OF[end.state],
        "attempted": int(end.attempted),
        "lost": int(end.lost),
        "lost_alone": int(end.lost_alone),
        "set_error": end.attempted or end.error is not None,
        **error_values(end.error),
    }


def _waiting_values(session: Session, end: End) -> dict[str, object]:
    at = None if end.at is None else session.moment_in(end.at)
    return {**_common_values(end), "delay_us": end.delay_us, "at": at}
