"""The acts of people on schedules: checked, recorded, compared and set, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.schedules import ScheduleStore, declare
from queuetui.model.act import Act, JobRef, Outcome, Result, Verb
from queuetui.model.errors import BadConfig, Conflict, NotFound, QueueTuiError, Unsupported
from queuetui.model.schedule import Schedule, ScheduleEdit, ScheduleReading, ScheduleSpec
from queuetui.operate.lost_answers import answer_of
from queuetui.operate.report import Report
from queuetui.timetable import check_spec, next_slot

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.operate.authority import Authority

TRIES_AGAINST_OTHERS = 5
_COMES_BACK = (
    "application code declares it: a worker that starts with that code adds it again; to stop it for good, pause it, "
    "or take it out of the code"
)


class ScheduleOperations:
    """The acts of one person on the schedules of one backend.

    `rev` is the version that the person saw, None the present one.
    """

    def __init__(self, backend: Backend, authority: Authority) -> None:
        self._backend = backend
        self._authority = authority

    def add(self, spec: ScheduleSpec, *, replace: bool = False, reason: str = "") -> Report:
        """Add a schedule; with `replace` it replaces one of the same name.

        Raises ValueError for a timing that cannot be.
        """
        check_spec(spec)
        reading, known = self._read(spec.name)
        if known is not None and not replace:
            message = (
                f"there is a schedule {spec.name!r} already ({known.spec.timing.describe()}); replace it with --replace"
            )
            raise Conflict(message)
        keeps_slots = known is not None and known.spec.timing == spec.timing
        next_at = known.next_at if known is not None and keeps_slots else next_slot(spec.timing, reading.now)
        edit = ScheduleEdit(None if known is None else known.rev, spec, next_at)
        return self._perform(Verb.SCHEDULE, spec.name, edit, reason)

    def declare(self, spec: ScheduleSpec, reason: str = "") -> bool:
        """Add or replace a schedule that a program declares; tell whether anything changed.

        Nothing is recorded if it is stored unchanged already. Raises ValueError for an impossible timing, and Conflict where others keep
        changing it.
        """
        check_spec(spec)
        if self._stands(spec):
            return False
        self._authority.require(Verb.SCHEDULE, self._backend.inspector.capabilities)
        act = Act(Verb.SCHEDULE, self._authority.actor, reason, args={"spec": spec.to_text()})
        journal = self._authority.journal
        journal.intend(act, (), f"schedule {spec.name}")
        try:
            written = self._write(spec)
        except QueueTuiError as error:
            journal.break_off(act, str(error))
            raise
        ref = JobRef(self._backend.inspector.capabilities.label, spec.name, "")
        journal.conclude(act, (Result(ref, Outcome.DONE if written else Outcome.SKIPPED),))
        return written

    def _stands(self, spec: ScheduleSpec) -> bool:
        return any(one.spec == spec and one.declared for one in self._store.schedules().schedules)

    def _write(self, spec: ScheduleSpec) -> bool:
        """Write a schedule; False where another program has written the same meanwhile."""
        for _ in range(TRIES_AGAINST_OTHERS):
            if declare(self._store, spec, self._store.schedules()):
                return True
            if self._stands(spec):
                return False
        raise Conflict(f"the schedule {spec.name!r} is changed by others all the time; try again")

    def remove(self, name: str, rev: int | None = None, reason: str = "") -> Report:
        """Remove a schedule; its jobs stay."""
        known = self._find(name)
        remark = _COMES_BACK if known.declared else None
        return self._perform(Verb.UNSCHEDULE, name, ScheduleEdit(known.rev if rev is None else rev), reason, remark)

    def set_paused(self, name: str, *, paused: bool, rev: int | None = None, reason: str = "") -> Report:
        """Pause a schedule, or resume it with the next slot from now.

        Slots that passed during the pause are not caught up.
        """
        reading, known = self._read(name)
        if known is None:
            raise _not_found(name)
        next_at = None if paused else next_slot(known.spec.timing, reading.now)
        edit = ScheduleEdit(known.rev if rev is None else rev, next_at=next_at)
        return self._perform(Verb.PAUSE if paused else Verb.RESUME, name, edit, reason)

    def run_now(self, name: str, rev: int | None = None, reason: str = "") -> Report:
        """Make a job of a schedule now, even if it is paused or its last job still runs.

        Its slots stay as they are.
        """
        known = self._find(name)
        edit = ScheduleEdit(known.rev if rev is None else rev, job=known.spec.make_job())
        return self._perform(Verb.RUN, name, edit, reason)

    @property
    def _store(self) -> ScheduleStore:
        store = self._backend.schedules
        if isinstance(store, ScheduleStore):
            return store
        capabilities = self._backend.inspector.capabilities
        told = capabilities.reasons.get(Verb.SCHEDULE, f"{capabilities.label} keeps none that could be seen or changed")
        raise Unsupported(f"schedules cannot be changed here: {told}")

    def _read(self, name: str) -> tuple[ScheduleReading, Schedule | None]:
        reading = self._store.schedules()
        return reading, next((known for known in reading.schedules if known.spec.name == name), None)

    def _find(self, name: str) -> Schedule:
        reading, known = self._read(name)
        if known is None and reading.problem:
            # The missing schedule may be the one that cannot be read.
            raise BadConfig(reading.problem, "schedule")
        if known is None:
            raise _not_found(name)
        return known

    def _perform(self, verb: Verb, name: str, edit: ScheduleEdit, reason: str, remark: str | None = None) -> Report:
        self._authority.require(verb, self._backend.inspector.capabilities)
        timing = {} if edit.spec is None else {"spec": edit.spec.to_text()}
        act = Act(verb, self._authority.actor, reason, args=timing)
        journal = self._authority.journal
        journal.intend(act, (), f"schedule {name}")
        try:
            result = answer_of(lambda: self._store.apply_to_schedule(act, name, edit), self._backend)
        except QueueTuiError as error:
            journal.break_off(act, str(error))
            raise
        unrecorded = journal.conclude(act, (result,))
        told = remark if result.outcome is Outcome.DONE else None
        return Report(verb, act.id, (result,), remarks=tuple(text for text in (told, unrecorded) if text is not None))


def _not_found(name: str) -> NotFound:
    return NotFound(f"there is no schedule {name!r}; see: queuetui schedules")
