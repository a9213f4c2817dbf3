"""What a product says of itself: where its queues, jobs and workers stand, how a job is read, and what may be changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from queuetui.backends.keys.shelf import Command, Entry, Kind, Shelf
from queuetui.backends.redis.server import Value
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.job import Attempt, Job
from queuetui.model.limits import Limits
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.stuck import is_over_limit
from queuetui.model.worker import WorkerInfo

Ask = Callable[[Sequence[Command]], list[Any]]
PRESENT = "present"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something is read, and what it is judged and named by."""

    backend: str
    now: datetime
    limits: Limits
    summaries: SummaryPaths = field(default_factory=dict)

    def is_stuck(self, job: Job) -> bool:
        """Tell whether a run is past the time until which the product leaves it alone, or past its limit."""
        if job.state is not State.PROCESSING:
            return False
        is_left = job.lease_until is not None and job.lease_until < self.now
        return is_left or is_over_limit(job, self.now, self.limits)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a product keeps beside jobs; queues are named by their exact bytes."""

    queues: tuple[bytes, ...]
    workers: tuple[WorkerInfo, ...] = ()
    processes: tuple[bytes, ...] = ()
    is_suspended: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry with all that was read of it."""

    entry: Entry
    loaded: Sequence[Any]
    job: Job


@dataclass(frozen=True, slots=True)
class Step:
    """One command within a change; `answers` are those that let it go on, PRESENT is any but none, nothing is any."""

    command: Command
    answers: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is done to one job: guards read, then puts write, and only then removes take away.

    A full memory refuses what writes, never what takes away: in another order the job would be lost. `after` is where the job then
    stands. `kept` are keys that `before` holds whole beside the entry.
    """

    guards: tuple[Step, ...]
    puts: tuple[Step, ...]
    removes: tuple[Step, ...]
    kept: tuple[bytes, ...] = ()
    after: Entry | None = None
    note: str = ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the one order."""
        return (*self.guards, *self.puts, *self.removes)


def stands(entry: Entry) -> Step:
    """Return the guard that an entry is still where it was seen, with its score."""
    if entry.shelf.kind is Kind.LIST:
        return Step(("LPOS", entry.shelf.key, entry.member), (PRESENT,))
    return Step(("ZSCORE", entry.shelf.key, entry.member), (entry.score or b"",))


def is_of_kind(shelf: Shelf) -> Step:
    """Return the guard that a key can be put into, which a failed write behind others could not undo."""
    return Step(("TYPE", shelf.key), (shelf.kind.value, "none"))


def take_away(entry: Entry) -> Step:
    """Return the step that removes an entry from its shelf."""
    if entry.shelf.kind is Kind.LIST:
        return Step(("LREM", entry.shelf.key, 1, entry.member))
    return Step(("ZREM", entry.shelf.key, entry.member))


@dataclass(frozen=True, slots=True)
class Rule:
    """A verb on the jobs of some states: `build` returns the change, or in our words why this job is left alone."""

    verb: Verb
    states: frozenset[State]
    build: Callable[[Seen, Moment], Change | str]


class Product(Protocol):
    """A description; all but `survey` and `places` is pure."""

    @property
    def capabilities(self) -> Capabilities:
        """What can be done; `applies` is computed from the rules."""
        ...

    @property
    def home(self) -> str:
        """What tells several of one kind on a server apart: its prefix."""
        ...

    @property
    def absent(self) -> Mapping[str, str]:
        """The fields of the filter language that it does not keep, and why."""
        ...

    @property
    def rules(self) -> tuple[Rule, ...]:
        """What may be changed."""
        ...

    def recognise(self, ask: Ask) -> str:
        """Return in our words what the product was known by, nothing where it is not there."""
        ...

    def survey(self, ask: Ask) -> Survey:
        """Find the queues and workers."""
        ...

    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return every shelf, in the order in which jobs travel: one that moves on meanwhile is seen twice, never missed."""
        ...

    def id_of(self, entry: Entry) -> str:
        """Return the id of the job that an entry stands for, empty where it is none."""
        ...

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...] | None:
        """Return where a job stands by its id alone, None where only looking through the shelves tells."""
        ...

    def loads(self, entry: Entry) -> Sequence[Command]:
        """Return what must be read to show an entry; nothing where the member is the message."""
        ...

    def read(self, entry: Entry, loaded: Sequence[Any], moment: Moment) -> Job | None:
        """Return the job, whole; None where the entry stands for none."""
        ...

    def attempts(self, job_id: str, ask: Ask) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job, oldest first."""
        ...


def states_by_verb(rules: Iterable[Rule]) -> dict[Verb, frozenset[State]]:
    """Return what each verb fits, from the declared changes."""
    applies: dict[Verb, frozenset[State]] = {}
    for rule in rules:
        applies[rule.verb] = applies.get(rule.verb, frozenset()) | rule.states
    return applies
