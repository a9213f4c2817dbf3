"""An open store: a record of roles.

Each role is a protocol of its own, and None where the store does not offer it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

from queuetui.model.limits import Limits

if TYPE_CHECKING:
    from queuetui.backends.base import Inspector, JobStore, Operator, SchemaStore
    from queuetui.backends.claim_rules import ClaimRulesStore
    from queuetui.backends.events import EventLog
    from queuetui.backends.examiner import Examiner
    from queuetui.backends.histories import Histories
    from queuetui.backends.run_notes import RunNotesStore
    from queuetui.backends.schedules import ScheduleReader, ScheduleStore
    from queuetui.backends.server_looks import ServerLook
    from queuetui.backends.upkeep import Upkeep


def late(module: str, name: str, *parts: object) -> Callable[[], Any]:
    """Return a function that makes a role; its class below `backends` is imported when first used."""
    return lambda: getattr(import_module(f"queuetui.backends.{module}"), name)(*parts)


class Backend:
    """One open queue.

    A role is made when it is first used, so that a worker does not load the code of a console, nor a console that of a worker.
    """

    def __init__(  # noqa: PLR0913 - one for each role
        self,
        *,
        inspector: Callable[[], Inspector],
        operator: Callable[[], Operator],
        close: Callable[[], None],
        events: Callable[[], EventLog] | None = None,
        examiner: Callable[[], Examiner] | None = None,
        server_look: Callable[[], ServerLook] | None = None,
        limits: Limits | None = None,
        upkeep: Callable[[], Upkeep] | None = None,
        jobs: Callable[[], JobStore] | None = None,
        schema: Callable[[], SchemaStore] | None = None,
        schedules: Callable[[], ScheduleReader] | None = None,
        rules: Callable[[], ClaimRulesStore] | None = None,
        notes: Callable[[], RunNotesStore] | None = None,
        histories: Callable[[Backend], Histories] | None = None,
        beside: Backend | None = None,
    ) -> None:
        self._make_inspector = inspector
        self._make_operator = operator
        self._make_events = events
        self._make_examiner = examiner
        self._make_server_look = server_look
        self._make_upkeep = upkeep
        self._make_histories = histories
        self._limits = limits or Limits()
        self._make_jobs = jobs
        self._make_schema = schema
        self._make_schedules = schedules
        self._make_rules = rules
        self._make_notes = notes
        self.close = close
        # The second store of a queue that is spread over two.
        self.beside = beside

    @cached_property
    def inspector(self) -> Inspector:
        """The reads of a console."""
        return self._make_inspector()

    @cached_property
    def operator(self) -> Operator:
        """The changes that a person may make."""
        return self._make_operator()

    @cached_property
    def jobs(self) -> JobStore | None:
        """What programs and workers work with."""
        return None if self._make_jobs is None else self._make_jobs()

    @cached_property
    def schema(self) -> SchemaStore | None:
        """The store's version, and what brings it up to date."""
        return None if self._make_schema is None else self._make_schema()

    @cached_property
    def schedules(self) -> ScheduleReader | None:
        """The recurring jobs."""
        return None if self._make_schedules is None else self._make_schedules()

    @cached_property
    def rules(self) -> ClaimRulesStore | None:
        """What holds claims back."""
        return None if self._make_rules is None else self._make_rules()

    @cached_property
    def notes(self) -> RunNotesStore | None:
        """What runs told."""
        return None if self._make_notes is None else self._make_notes()

    @cached_property
    def events(self) -> EventLog | None:
        """The log of what happened."""
        return None if self._make_events is None else self._make_events()

    @cached_property
    def examiner(self) -> Examiner | None:
        """The condition of the store."""
        return None if self._make_examiner is None else self._make_examiner()

    @cached_property
    def server_look(self) -> ServerLook | None:
        """The server behind the store, for a person to look at."""
        return None if self._make_server_look is None else self._make_server_look()

    @cached_property
    def histories(self) -> Histories:
        """Sums over past spans of time."""
        if self._make_histories is not None:
            return self._make_histories(self)
        from queuetui.backends.reading.histories import PagedHistories

        return PagedHistories(self.inspector, self._limits)

    @cached_property
    def upkeep(self) -> Upkeep | None:
        """The tokens kept beside the jobs, and the chores declared for the store."""
        return None if self._make_upkeep is None else self._make_upkeep()


class NativeBackend(Backend):
    """Our own queue, which has every role."""

    if TYPE_CHECKING:

        @cached_property
        def jobs(self) -> JobStore:
            """What programs and workers work with."""
            ...

        @cached_property
        def schema(self) -> SchemaStore:
            """The store's version, and what brings it up to date."""
            ...

        @cached_property
        def schedules(self) -> ScheduleStore:
            """The recurring jobs."""
            ...

        @cached_property
        def rules(self) -> ClaimRulesStore:
            """What holds claims back."""
            ...

        @cached_property
        def notes(self) -> RunNotesStore:
            """What runs told."""
            ...

        @cached_property
        def events(self) -> EventLog:
            """The log of what happened."""
            ...

        @cached_property
        def examiner(self) -> Examiner:
            """The condition of the store."""
            ...
