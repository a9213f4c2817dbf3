"""Decides the schedule that results from an act; each store writes it by compare and set."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from queuetui.backends.native.texts import check_texts, storable
from queuetui.model.act import Act, Verb
from queuetui.model.clock import to_text
from queuetui.model.errors import BadConfig, BadPayload, Unsupported
from queuetui.model.job import NewJob
from queuetui.model.schedule import Schedule, ScheduleEdit, ScheduleSpec

SCHEDULE_VERBS = frozenset({Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.PAUSE, Verb.RESUME, Verb.RUN})


@dataclass(frozen=True, slots=True)
class Decision:
    """What is stored: the schedule (None: deleted) and a job to enqueue, or why nothing is done."""

    schedule: Schedule | None = None
    job: NewJob | None = None
    refusal: str = ""


def read_each(makers: Iterable[Callable[[], Schedule]]) -> tuple[Schedule, ...]:
    """Return the readable schedules; raises BadConfig when none is readable.

    A schedule that a newer program wrote does not fail the others.
    """
    found, unreadable = sort_out(makers)
    if unreadable and not found:
        raise unreadable[0]
    return found


def sort_out(makers: Iterable[Callable[[], Schedule]]) -> tuple[tuple[Schedule, ...], list[BadConfig]]:
    """Return the readable schedules, and the fault of each of the others."""
    found: list[Schedule] = []
    unreadable: list[BadConfig] = []
    for make in makers:
        try:
            found.append(make())
        except BadConfig as error:
            unreadable.append(error)
    return tuple(found), unreadable


def tell_unreadable(unreadable: Sequence[BadConfig]) -> str:
    """Return the faults of schedules that cannot be listed, an empty text where all can."""
    if not unreadable:
        return ""
    return str(unreadable[0]) if len(unreadable) == 1 else f"{unreadable[0]} (and {len(unreadable) - 1} more)"


def check_act(act: Act, name: str, edit: ScheduleEdit) -> None:
    """Raise Unsupported for a verb of other things, BadPayload for values that no store can hold."""
    if act.verb not in SCHEDULE_VERBS:
        message = f"{act.verb.value} is not done to schedules; they are added, removed, paused, resumed and run"
        raise Unsupported(message)
    _check_name(name)
    if edit.spec is not None:
        check_stored(edit.spec)


def check_stored(spec: ScheduleSpec) -> None:
    """Raise BadPayload for a spec that not every store can hold."""
    _check_name(spec.name)
    check_texts(spec.make_job())


def _check_name(name: str) -> None:
    if storable(name) != name:
        raise BadPayload("the name of a schedule holds a NUL or half a surrogate pair; choose another name")


def decide(act: Act, known: Schedule | None, edit: ScheduleEdit, now: datetime) -> Decision:
    """Return the edit that an act makes of a schedule as it is stored at the moment of the write."""
    if known is None and act.verb is not Verb.SCHEDULE:
        return Decision(refusal="it is no longer there")
    if (None if known is None else known.rev) != edit.rev:
        seen = "there is a schedule of that name already" if edit.rev is None else "it changed since it was seen"
        return Decision(refusal=seen)
    if act.verb is Verb.SCHEDULE:
        return _write_spec(known, edit)
    assert known is not None  # noqa: S101 - refused above
    if act.verb is Verb.UNSCHEDULE:
        return Decision()
    if act.verb is Verb.RUN:
        return Decision(known, edit.job)
    return _set_paused(act, known, edit, now)


def declared(known: Schedule | None, spec: ScheduleSpec, next_at: datetime) -> Schedule:
    """Return a schedule as code declares it; a pause, which a person sets, is kept."""
    if known is None:
        return Schedule(spec, 1, next_at, declared=True)
    return replace(known, spec=spec, next_at=next_at, declared=True, rev=known.rev + 1)


def describe_before(known: Schedule | None) -> str | None:
    """Return JSON from which a schedule can be restored."""
    if known is None:
        return None
    told = {
        "spec": known.spec.to_text(),
        "next_at": to_text(known.next_at),
        "declared": known.declared,
        "paused_at": None if known.paused_at is None else to_text(known.paused_at),
        "paused_by": known.paused_by,
    }
    return json.dumps(told)


def _write_spec(known: Schedule | None, edit: ScheduleEdit) -> Decision:
    assert edit.spec is not None and edit.next_at is not None  # noqa: PT018, S101 - the contract of SCHEDULE
    if known is None:
        return Decision(Schedule(edit.spec, 1, edit.next_at))
    return Decision(replace(known, spec=edit.spec, next_at=edit.next_at, rev=known.rev + 1))


def _set_paused(act: Act, known: Schedule, edit: ScheduleEdit, now: datetime) -> Decision:
    if act.verb is Verb.PAUSE:
        if known.paused_at is not None:
            return Decision(refusal="it is paused already")
        return Decision(replace(known, paused_at=now, paused_by=storable(act.actor), rev=known.rev + 1))
    if known.paused_at is None:
        return Decision(refusal="it is not paused")
    # Slots that passed during a pause are not caught up.
    next_at = edit.next_at or known.next_at
    return Decision(replace(known, paused_at=None, paused_by=None, next_at=next_at, rev=known.rev + 1))
