"""The capabilities that a backend declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from queuetui.model.act import Verb
from queuetui.model.state import State

_NOT_BUILT = frozenset({Verb.RUN_NOW, Verb.MOVE, Verb.EDIT, Verb.REPRIORITISE, Verb.CLONE, Verb.RESTORE, Verb.UNDO})
# The words for verbs whose name does not say what cannot be done.
_LACKING = {
    Verb.UPKEEP: "has no chores",
    Verb.LIMIT: "has no limits of its queues that could be set",
    Verb.CLEAN: "keeps no registrations of workers that could be cleaned",
    Verb.SCHEDULE: "has no schedules that could be made here",
    Verb.UNSCHEDULE: "has no schedules that could be taken out here",
    Verb.RUN: "has no schedules that could be run here",
    Verb.EVENTS_ON: "has no log of events that could be turned on",
    Verb.EVENTS_OFF: "has no log of events that could be turned off",
}


class Liveness(StrEnum):
    """How a store tells whether a run is still alive.

    By a lease that is renewed, by heartbeats, by a time until which the run is left alone, or not at all.
    """

    LEASE = "lease"
    HEARTBEAT = "heartbeat"
    DEADLINE = "deadline"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The capabilities of a backend; `reasons` tells why a verb is missing.

    `native` backends have a worker of ours; `keeps` are the states it stores, and `missing` says why it does not store another;
    `applies` are the states that each verb on jobs fits,
    computed from what the backend declares, and `manages` the verbs on queues, workers and schedules;
    `workers`, `tally`, `attempts`, `events`, `schedules` tell whether those are kept at all;
    `cleanup` are the states that a cleanup deletes unless others are named, `ended_by` the field that tells when such a job ended;
    `unseen_workers` says why workers that are kept cannot be seen;
    `frees_held` tells that a release takes a job also from a worker whose time is not over;
    `taken_by` is the field that tells which of the due jobs a worker takes first;
    `worker_command` starts a worker of another product for the queue that stands for `{queue}`, empty where only its application knows;
    `durability` is the grade shown (A+, A, B or C, with (R0) where a failover loses) or empty.
    """

    kind: str
    label: str
    native: bool
    applies: Mapping[Verb, frozenset[State]]
    keeps: frozenset[State]
    manages: frozenset[Verb] = frozenset()
    reasons: Mapping[Verb, str] = field(default_factory=dict)
    liveness: Liveness = Liveness.NONE
    workers: bool = False
    tally: bool = False
    attempts: bool = False
    events: bool = False
    schedules: bool = False
    durability: str = ""
    warnings: Mapping[Verb, str] = field(default_factory=dict)
    cleanup: tuple[State, ...] = (State.COMPLETED, State.CANCELLED)
    ended_by: str = "completed"
    taken_by: str = "scheduled"
    worker_command: tuple[str, ...] = ()
    missing: Mapping[State, str] = field(default_factory=dict)
    unseen_workers: str = ""
    frees_held: bool = False

    @property
    def verbs(self) -> frozenset[Verb]:
        """All verbs that the backend supports."""
        return self.manages | frozenset(self.applies)

    @property
    def why_no_workers(self) -> str:
        """Why no workers are shown, empty where they are."""
        if self.workers:
            return ""
        return self.unseen_workers or f"{self.label} stores nothing about its workers; look at its processes instead"

    def fits(self, verb: Verb, state: State) -> bool:
        """Tell whether a verb applies to jobs in a state."""
        return state in self.applies.get(verb, frozenset())

    def why_missing(self, state: State) -> str:
        """Return why no jobs of a state are kept."""
        return self.missing.get(state, f"{self.label} keeps no {state.value} jobs")

    def why_not(self, verb: Verb) -> str | None:
        """Return why this backend does not support a verb, None where it does."""
        if verb in self.verbs:
            return None
        told = (
            f"{verb.value} is not built yet"
            if verb in _NOT_BUILT
            else f"{self.label} {_LACKING.get(verb) or f'cannot {verb.value}'}"
        )
        return self.reasons.get(verb, told)
