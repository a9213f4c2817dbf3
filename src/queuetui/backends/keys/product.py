"""How a product describes itself: its queues, jobs, workers and changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from queuetui.backends.reading.refusals import refuse_verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from queuetui.backends.keys.changes import KeysChange, Rule
    from queuetui.backends.keys.scanned_keys import ListedKeys
    from queuetui.backends.keys.seen import KeysMoment
    from queuetui.backends.keys.shelf import Ask, Command, Entry, Shelf
    from queuetui.backends.keys.survey import Repeated, Survey
    from queuetui.model.act import Verb
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.job import Attempt, Job
    from queuetui.model.schedule import KeptSchedule
    from queuetui.model.state import State


class KeysProduct(ABC):
    """The description of a product whose jobs are entries of keys.

    What is abstract each product has; what else it needs it overrides. Methods that are handed `ask` may read by it, the others read
    nothing.
    """

    # What can be done, and why not more. Its `applies` is made of the rules, by `states_by_verb`.
    capabilities: Capabilities
    # Tells several of one kind on a server apart: the key or prefix that it is known by.
    home: str
    # The fields of the filter language that it does not keep, each with the reason.
    absent: Mapping[str, str]
    # What may be changed.
    rules: tuple[Rule, ...]
    # The keys that are jobs themselves; each that an act writes is added here.
    listed: ListedKeys | None = None

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

    @abstractmethod
    def loads(self, entry: Entry) -> Sequence[Command]:
        """Return what must be read to show an entry; nothing where the member is the message."""

    @abstractmethod
    def read(self, entry: Entry, loaded: Sequence[Any], moment: KeysMoment) -> Job | None:
        """Return the job, whole; None where the entry stands for none."""

    def places(self, job_id: str, shelves: Sequence[Shelf], ask: Ask) -> tuple[Entry, ...] | None:
        """Return where a job stands by its id alone, None where only looking through the shelves tells."""
        return None

    def follows(self, entry: Entry, loaded: Sequence[Any]) -> Sequence[Command]:
        """Return what must be read besides, as what was loaded names it; `read` gets its answers behind that."""
        return ()

    def attempts(self, job_id: str, ask: Ask) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job, oldest first."""
        return ()

    def schedules(self, survey: Survey, ask: Ask) -> Sequence[KeptSchedule]:
        """Return the schedules that are stored; no more than one beyond MOST_SCHEDULES need be read."""
        return ()

    def tells(self, entry: Entry) -> Command | None:
        """Return a command whose answer tells a job's state, so that counts need not read whole jobs."""
        return None

    def state_of(self, shelf: Shelf, told: Any) -> State:  # noqa: ANN401 - each command has its own answer
        """Return the state of a job on a shelf by what `tells` was answered."""
        return shelf.states[0]

    def repeated(self, sizes: Mapping[Shelf, int], ask: Ask) -> Mapping[Shelf, Repeated]:
        """Return of which shelves, of those that have members, some jobs are to be counted elsewhere."""
        return {}

    def switch(self, verb: Verb, queue: bytes, survey: Survey, ask: Ask) -> KeysChange | str:
        """Return how a queue is paused or resumed, or in our words why it is left as it is.

        It is asked only for the verbs in `manages` of the capabilities.
        """
        raise refuse_verb(self.capabilities, verb, "queues")
