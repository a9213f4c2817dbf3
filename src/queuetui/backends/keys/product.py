"""How a product describes itself: its queues, jobs, workers and changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from queuetui.backends.keys.changes import KeysChange, Rule
from queuetui.backends.keys.seen import KeysMoment
from queuetui.backends.keys.shelf import Command, Entry, Listing, Shelf
from queuetui.model.act import Verb
from queuetui.model.capabilities import Capabilities
from queuetui.model.job import Attempt, Job
from queuetui.model.job_view import uncounted_queue
from queuetui.model.schedule import KeptSchedule
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.worker import WorkerInfo

Ask = Callable[[Sequence[Command]], list[Any]]


@dataclass(frozen=True, slots=True)
class Survey:
    """What a product keeps beside jobs; queues are named by their exact bytes.

    `suspended_by` is the command that stopped all claims, `paused` are the queues that alone are paused. `unseen` says why there may be
    queues that were not found, `listing` has the keys that are jobs themselves.
    """

    queues: tuple[bytes, ...]
    workers: tuple[WorkerInfo, ...] = ()
    processes: tuple[bytes, ...] = ()
    suspended_by: str = ""
    paused: frozenset[bytes] = frozenset()
    unseen: str = ""
    listing: Listing | None = None

    def is_paused(self, queue: str) -> bool:
        """Tell whether nothing is taken from a queue."""
        return bool(self.suspended_by) or queue.encode("utf-8", "surrogatepass") in self.paused

    def describe(self, queue: str) -> QueueInfo:
        """Return a queue with what keeps its jobs from being taken, and no counts."""
        is_held = self.is_paused(queue) and not self.suspended_by
        return replace(uncounted_queue(queue), suspended_by=self.suspended_by, held=is_held)


class WrittenKeys(Protocol):
    """Keys that are listed now and then, and told of what is written between two times."""

    def add(self, key: bytes) -> None:
        """Take in a key that was just written."""
        ...


class KeysProduct(ABC):
    """A description; all but `survey` and `places` is pure.

    `applies` of its capabilities is computed from the rules. `home` tells several of one kind on a server apart: its prefix.
    `absent` are the fields of the filter language that it does not keep, and why. `rules` are what may be changed. `listed` are the keys
    that are jobs themselves, where it has such.
    """

    capabilities: Capabilities
    home: str
    absent: Mapping[str, str]
    rules: tuple[Rule, ...]
    listed: WrittenKeys | None = None

    @abstractmethod
    def recognise(self, ask: Ask) -> str:
        """Return in our words what the product was known by, nothing where it is not there."""

    @abstractmethod
    def survey(self, ask: Ask) -> Survey:
        """Find the queues and workers."""

    @abstractmethod
    def shelves(self, survey: Survey) -> tuple[Shelf, ...]:
        """Return every shelf in the order in which jobs travel: a job that moves is seen twice, not missed."""

    @abstractmethod
    def id_of(self, entry: Entry) -> str | None:
        """Return the id of an entry's job, empty where it is none, None where only what is loaded tells."""

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...] | None:
        """Return where a job stands by its id alone, None where only looking through the shelves tells."""
        return None

    @abstractmethod
    def loads(self, entry: Entry) -> Sequence[Command]:
        """Return what must be read to show an entry; nothing where the member is the message."""

    def follows(self, entry: Entry, loaded: Sequence[Any]) -> Sequence[Command]:
        """Return what must be read besides, as what was loaded names it; `read` gets its answers behind that."""
        return ()

    @abstractmethod
    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job, whole; None where the entry stands for none."""

    def attempts(self, job_id: str, ask: Ask) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job, oldest first."""
        return ()

    def schedules(self, survey: Survey, ask: Ask) -> tuple[KeptSchedule, ...]:
        """Return the schedules that are stored, by name, one more than MOST_SCHEDULES where there are more."""
        return ()


@runtime_checkable
class BriefProduct(Protocol):
    """A description in which one answer tells a job's state, so that counts need not read whole jobs."""

    def tells(self, entry: Entry) -> Command:
        """Return the command whose answer tells it."""
        ...

    def state_of(self, shelf: Shelf, told: Any) -> State:  # noqa: ANN401 - each command has its own answer
        """Return the state of a job on a shelf by that answer."""
        ...


@runtime_checkable
class RepeatingProduct(Protocol):
    """A description in which a job that is to run again stays, unlisted, where it ended before."""

    def left_on(self, shelf: Shelf) -> bytes | None:
        """Return the key of the sorted set in which jobs of a shelf may also stand, by their ids."""
        ...


@runtime_checkable
class QueueProduct(Protocol):
    """A description whose queues can be paused: the verbs stand in `manages` of its capabilities."""

    def switch(self, verb: Verb, queue: bytes, survey: Survey, ask: Ask) -> KeysChange | str:
        """Return how a queue is paused or resumed, or in our words why it is left as it is."""
        ...
